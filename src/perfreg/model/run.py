"""The immutable record of one execution and its parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from perfreg.model.metric import Direction, Nature

Status = Literal["ok", "broken"]
Trust = Literal["established", "automatic", "none"]
"""The road by which a run may become a baseline: asked for by the user, as a run of the base branch, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """The samples of one metric in one run, summarised.

    ``value`` is the figure that is compared, and ``n`` counts the samples behind it. ``std_error`` tells how well it
    is known within the run, None when that cannot be told. ``text`` carries what a number cannot (a query plan). The
    sample statistics are in ``unit`` and absent where they mean nothing.
    """

    scenario: str
    metric: str
    unit: str
    direction: Direction
    nature: Nature = "continuous"
    value: float
    n: int
    mean: float | None = None
    std: float | None = None
    min: float | None = None
    max: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    std_error: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where a run was made. ``key`` is a short hash of what decides speed; baselines are kept apart by it.

    ``memory_mb`` is the memory a process may use (the cgroup limit where there is one), ``cpus`` likewise the
    processors it may use; ``cpu_limit`` and ``memory_limit_mb`` are those limits of a container by themselves, None
    where there is none. ``name`` is the chosen ``environments:`` overlay, empty for none.
    """

    key: str
    name: str = ""
    os: str
    architecture: str
    cpu_model: str
    cpus: float
    memory_mb: int
    runner_image: str = ""
    interpreter: str = ""
    cpu_limit: float | None = None
    memory_limit_mb: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The code that was measured. Empty strings where there is no git repository."""

    commit: str = ""
    parents: tuple[str, ...] = ()
    branch: str = ""
    base_branch: str = ""
    pull_request: str = ""
    dirty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioRecord:
    """What happened to one scenario. ``hash`` identifies what is measured: another hash is another series."""

    name: str
    kind: str
    hash: str
    status: Status = "ok"
    duration_s: float = 0.0
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    errors: dict[str, int] = field(default_factory=dict)
    """Failed requests, queries or calls by class, e.g. ``{"timeout": 3, "status 500": 1}``."""
    conditions: dict[str, float] = field(default_factory=dict)
    """What else went on meanwhile, in % and as far as the system tells, e.g. ``{"stolen": 1.5, "throttled": 0.0}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution. ``started_at`` is UTC in ISO 8601; ``id`` is a UUIDv7, so ids sort by time.

    ``regressed`` names the metrics (``scenario.metric``) that had regressed when it was judged: whatever its ``trust``,
    the run is no baseline unless they are accepted.
    """

    id: str
    started_at: str
    duration_s: float
    tool_version: str
    source: Source
    environment: Environment
    config_hash: str
    status: Status
    trust: Trust = "none"
    regressed: tuple[str, ...] = ()
    scenarios: tuple[ScenarioRecord, ...] = ()
    measurements: tuple[Measurement, ...] = ()
