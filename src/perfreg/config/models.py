"""The configuration file as models: the one source of its validation, its schema and its documentation."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SerializeAsAny, field_validator, model_validator

from perfreg.config import quantity
from perfreg.config.base import Name, ScenarioSpec, Section
from perfreg.config.quantity import Percent, Seconds, SecondsOrZero
from perfreg.model.metric import Direction
from perfreg.model.result import Severity
from perfreg.model.rule import DEFAULT_DECISION


def _regular_expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return text


def _http_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("must be a URL such as http://host:port/path")
    return text


def _blank_is_none(value: Any) -> Any:
    return None if value == "" else value


RuleName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]

VariableName = Annotated[str, Field(pattern=r"^[^=\x00]+$")]


class Ready(Section):
    """How perfreg knows that the service can be measured. Exactly one probe, polled until the deadline."""

    url: str | None = None
    """An HTTP URL that answers with a status below 400; `{port}` is replaced."""
    tcp: int | str | None = None
    """A TCP port (or `host:port`) that accepts connections; `{port}` is replaced."""
    log: Annotated[str, AfterValidator(_regular_expression)] | None = None
    """A regular expression that a line of the service's log matches."""
    command: str | None = None
    """A shell command that exits with 0; `{port}` is replaced."""
    timeout: Seconds = 60.0
    """Deadline, counted from the start of the service."""

    @model_validator(mode="after")
    def _one_probe(self) -> Ready:
        probes = [name for name in ("url", "tcp", "log", "command") if getattr(self, name) is not None]
        if len(probes) != 1:
            found = " and ".join(probes) if probes else "none of them"
            raise ValueError(f"needs exactly one of url, tcp, log and command, found {found}")
        return self


class ServiceConfig(Section):
    """The application under test: built, started, awaited, and stopped with its whole process tree."""

    build: str | None = None
    """Shell command that builds the service, run once before it starts. `${VAR}` is left to the shell."""
    build_timeout: Seconds = 1800.0
    """Deadline of the build."""
    start: str
    """Shell command that starts the service; `{port}` becomes a free port. `${VAR}` is left to the shell."""
    ready: Ready = Ready(tcp="{port}")
    """When the service can be measured."""
    stop: str | None = None
    """Shell command that asks the service to stop; without it the process tree is terminated."""
    stop_timeout: SecondsOrZero = 10.0
    """How long the service may take to stop before it is killed."""
    env: dict[VariableName, str] = {}
    """Extra environment variables of build, start, ready and stop; `{port}` is replaced."""
    directory: str = "."
    """Where the commands run, relative to the configuration file."""


class Limits(Section):
    """Absolute budgets of one metric, in the metric's own unit unless written with one (`2 s`)."""

    warning: float | str | None = None
    """Beyond this the gate warns."""
    critical: float | str | None = None
    """Beyond this the gate fails."""
    unit: str | None = None
    """Unit of both limits: seconds, ms, %, MB, …"""

    @field_validator("warning", "critical")
    @classmethod
    def _is_quantity(cls, value: float | str | None) -> float | str | None:
        if isinstance(value, str):
            quantity.parse(value)
        return value


class MetricRule(Limits):
    """Rules for the metrics whose name (`scenario.metric` or `metric`) matches a glob."""

    direction: Direction | None = None
    """Overrides which way is better; `none` makes the metric informative."""
    tolerance: Percent | None = None
    """Overrides `regression_threshold`."""
    severity: Severity | None = None
    """The severity of any regression of this metric, whatever its size."""
    rule: RuleName | None = None
    """Overrides `history.rule`, and its limit with it."""
    limit: float | None = Field(default=None, ge=0)
    """Overrides `history.limit`."""


class GateConfig(Section):
    """What fails a build."""

    enabled: bool = True
    """Off: the gate never fails (overridden by ENABLE_PERFORMANCE_GATES)."""
    fail_on: Severity = "medium"
    """The mildest severity of a regression that fails."""
    max_acceptable_regressions: int = Field(default=0, ge=0)
    """This many regressions of severity `fail_on` or worse are let through."""
    fail_on_critical_regression: bool = True
    """A critical regression fails whatever `max_acceptable_regressions` says."""
    fail_on_major_regression: bool = False
    """A regression of high severity fails whatever `max_acceptable_regressions` says."""
    fail_on_inconclusive: bool = False
    """A change that is large but not certain fails instead of warning."""
    fail_on_no_baseline: bool = False
    """A metric without a baseline is an error (exit code 2) instead of a warning."""


class Retention(Section):
    """What `perfreg baseline prune` keeps; the newest runs of every series stay whatever their age."""

    runs: int | None = Field(default=None, ge=1)
    """Keep at most this many runs."""
    days: int | None = Field(default=None, ge=1)
    """Keep runs of the last so many days."""


class BaselineConfig(Section):
    """Where trusted runs come from, and where they are kept between runs."""

    store: Literal["local", "directory", "git", "artifact", "package"] | None = None
    """`git`: a branch of the repository; `artifact`: GitHub artifacts; `package`: GitLab's package registry;
    `directory`: a directory that outlives the job; `local`: this machine alone. By default `directory` with a
    `baseline_storage` or `path`, else `local`."""
    path: str | None = None
    """The directory of the `directory` store, the same as `baseline_storage`; for `artifact`, where the files to upload
    are written (default: `perfreg-baseline`)."""
    branch: str = Field(default="perfreg-data", min_length=1, max_length=200)
    """The branch of the `git` store."""
    remote: str = Field(default="origin", min_length=1)
    """The remote of the `git` store: a name or a URL."""
    squash: bool = False
    """Keep the branch of the `git` store at one commit."""
    committer: str = Field(
        default="perfreg[bot] <perfreg[bot]@users.noreply.github.com>", pattern=r"^[^<>\n]+ <[^<>\s]+>$"
    )
    """Name and address that the commits of the `git` store carry."""
    name: str = Field(default="perfreg-baseline", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    """Name of the artifact or package."""
    base_branch: str | None = None
    """The branch whose runs are trusted; found from git when not given."""
    push: bool = True
    """Whether a run that may be a baseline is pushed to the store by itself; other runs never are."""
    retention: Retention = Retention()
    """What `perfreg baseline prune` keeps."""


class HistoryConfig(Section):
    """How a run is told from the trusted runs before it."""

    rule: RuleName = DEFAULT_DECISION
    """The decision rule; docs/baselines.md lists them with their limits."""
    limit: float | None = Field(default=None, ge=0)
    """The score above which the rule calls a change real. Without one it is the customary limit of the rule, or follows
    from `significance_level` over all metrics of the run."""
    recent: int | None = Field(default=None, ge=2, le=30)
    """Newest runs, the one at hand included, that rules which pool runs hold against those before."""
    window: int = Field(default=60, ge=2, le=1000)
    """Newest trusted runs that make a baseline."""
    common_mode: bool = True
    """Whether what at least five scenarios of a run moved by alike is held to be the machine's."""


class CompareConfig(Section):
    """The paired comparison of two revisions on one machine; `perfreg run` makes none and reads nothing here."""

    budget: Seconds = 60.0
    """Time that measuring may take in total."""
    min_effect: Percent = 2.0
    """A change smaller than this percentage does not matter."""
    confidence: float = Field(default=0.99, gt=0.5, lt=1)
    """Confidence of the intervals."""
    rounds: int | None = Field(default=None, ge=1)
    """Most rounds of one block of each revision; without it only the budget limits them."""
    restart_every: int | None = Field(default=None, ge=1)
    """Rounds until both services are started anew; by default so that the budget holds 12 starts when they are cheap,
    and fewer when they are not."""
    affinity: Literal["auto", "off"] = "auto"
    """`auto`: on Linux with 4 processors or more, the load generator and the services get processors of their own."""


class ReportConfig(Section):
    """Files written after every run."""

    directory: str = "perf-results"
    """Where reports and service logs go, relative to the configuration file."""
    formats: tuple[str, ...] = ()
    """Formats written besides those asked for by `--format`."""


class Settings(Section):
    """Every key of a configuration but the scenarios and the overlays."""

    environment: Name | None = None
    """Name of the environment that is measured; `production` may only load targets it names."""
    base_url: Annotated[Annotated[str, AfterValidator(_http_url)] | None, BeforeValidator(_blank_is_none)] = None
    """Address that relative endpoints start from; with a `service` it is the started service."""
    test_duration: Seconds = 30.0
    """Seconds a scenario is loaded for when it does not say."""
    concurrent_users: int = Field(default=10, ge=1, le=10_000)
    """Clients that load at the same time when a scenario does not say."""
    stress_multiplier: float = Field(default=1.0, gt=0, le=1000)
    """Multiplies the concurrent users of every scenario."""
    max_error_rate: Percent = 1.0
    """Percentage of failed requests, queries or calls above which a scenario is broken."""
    regression_threshold: Percent = 10.0
    """A change smaller than this percentage is not called a regression."""
    significance_level: float = Field(default=0.05, gt=0, lt=0.5)
    """Accepted share of false regressions among those reported."""
    confirm_regressions: int = Field(default=1, ge=0, le=5)
    """How often a scenario that seems to have regressed is measured again; only what stays is reported."""
    fail_on_regression: bool = True
    """Whether a regression fails the gate at all."""
    min_baseline_samples: int = Field(default=20, ge=1)
    """Samples that the baseline of a metric needs before it is compared with."""
    outlier_threshold: float = Field(default=3.0, gt=0)
    """Baseline runs further than this many robust standard deviations from the median are left out."""
    trend_window_days: int = Field(default=30, ge=1)
    """Days that the trend of `perfreg history` looks back."""
    baseline_update_threshold: float = Field(default=0.15, gt=0)
    """Relative improvement beyond which a baseline is adopted anew."""
    auto_update_baselines: bool = True
    """Whether clean, unregressed runs of the base branch become baselines by themselves."""
    enable_alerts: bool = False
    """Whether alerts are sent. There are no channels yet: `true` earns a warning."""
    baseline_storage: str | None = None
    """Directory that the store is kept in between runs; the same as `baseline.path`."""
    tracking_db: str | None = None
    """SQLite file with this machine's copy of the store; by default `.perfreg/perfreg.sqlite3`."""
    targets: tuple[str, ...] = ()
    """Hosts (globs allowed) that may be loaded although they are public."""
    service: ServiceConfig | None = None
    """The application under test, when perfreg is to start it."""
    metrics: dict[str, MetricRule] = {}
    """Rules by metric glob, later ones winning."""
    thresholds: dict[str, Limits] | str = {}
    """Budgets by metric name or glob, or the path of a JSON or YAML file that holds them. `metrics` win over them."""
    gate: GateConfig = GateConfig()
    """What fails the build."""
    baseline: BaselineConfig = BaselineConfig()
    """Where trusted runs come from."""
    history: HistoryConfig = HistoryConfig()
    """How a run is told from the trusted runs before it."""
    compare: CompareConfig = CompareConfig()
    """How `perfreg compare` and `perfreg noise` measure; `perfreg run` does not read it."""
    report: ReportConfig = ReportConfig()
    """Files written after every run."""

    @field_validator("targets", mode="before", json_schema_input_type=str | tuple[str, ...])
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_directory(self) -> Settings:
        if self.baseline_storage and self.baseline.path and self.baseline_storage != self.baseline.path:
            raise ValueError("baseline_storage and baseline.path are the same key and have different values")
        return self


class Config(Settings):
    """A whole, valid configuration: defaults, file, overlay, variables and flags merged, so no overlay is left."""

    environments: dict[str, dict[str, Any] | None] = {}
    """Overlays by name, chosen by `--environment`: any key of this file but `environment` and `environments`.
    Mappings merge key by key, anything else is replaced."""
    test_scenarios: tuple[SerializeAsAny[ScenarioSpec], ...] = Field(min_length=1)
    """What is measured, in this order."""
