"""HTTP load on one endpoint: latency, throughput, errors, and what the service paid for it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urljoin, urlsplit

from pydantic import AfterValidator, Field, model_validator

from perfreg.config.base import ScenarioSpec
from perfreg.config.quantity import Seconds, SecondsOrZero
from perfreg.errors import MeasureError
from perfreg.measure.context import Context, Outcome, ScenarioKind
from perfreg.measure.engines import files
from perfreg.measure.engines.engine import LoadPlan
from perfreg.measure.engines.keys import (
    Arrivals,
    Body,
    Check,
    LocustMaster,
    Method,
    Rate,
    Stage,
    Status,
    Step,
    Think,
    Workers,
    rate_profile,
    stage_profile,
    worker_count,
)
from perfreg.measure.engines.outcome import outcome, step_metrics
from perfreg.measure.engines.registry import engines
from perfreg.measure.engines.rows import Row, plain, read
from perfreg.measure.engines.timelines import timeline
from perfreg.measure.service_usage import ServiceUsage
from perfreg.model.metric import Metric

_BLOCK_WARM_UP_S = 0.01
_BLOCK_REQUESTS = 2
"""A block of fewer requests of each user would mostly tell how its ends were cut, unless they are very slow."""
_LONGEST_FOR_REQUESTS_S = 0.4
_SLOW_S = 0.1


_FEATURES = (
    "rate",
    "arrivals",
    "stages",
    "steps",
    "data",
    "cookies",
    "check",
    "think_time",
    "workers",
    "script",
    "locust",
)
"""Keys that not every engine knows."""
_REQUEST_KEYS = frozenset({"method", "headers", "body", "check", "think_time"})
_SCRIPTED_KEYS = _REQUEST_KEYS | {"data", "cookies", "expected_status"}


def _known_engine(name: str) -> str:
    if name not in engines():
        raise ValueError(f"unknown engine {name!r}; known: {', '.join(engines())}")
    return name


class ApiSpec(ScenarioSpec):
    """HTTP load on one endpoint, or on several, one after the other."""

    inherits: ClassVar[frozenset[str]] = frozenset({"duration", "concurrent_users"})

    type: Literal["api"]
    """Selects this kind."""
    endpoint: str = ""
    """Path below `base_url` (or below the started service), a whole http(s) URL, or `unix:/run/app.sock:/path`."""
    method: Method = "GET"
    """HTTP method."""
    headers: dict[str, str] = {}
    """Request headers; values are never stored or shown."""
    body: Body | None = None
    """Request body: text as it is, anything else as JSON."""
    steps: tuple[Step, ...] = ()
    """Several requests, one after the other, instead of `endpoint` and what belongs to it."""
    script: str = ""
    """A script of the engine's own instead of `endpoint` or `steps`, a locustfile or one of k6: what users do, and what
    counts as an error, is said there. They start at `base_url`."""
    data: str | tuple[dict[str, Any], ...] = ()
    """Values for `{{name}}` in URLs, headers and bodies: a CSV or JSON file, or a list of mappings. Every request, or
    every passage through the steps, takes one row, in an order that is the same for base and head."""
    cookies: bool | None = None
    """Whether each user keeps and sends the server's cookies; by default only with `steps`."""
    check: Check | None = None
    """What an answer must be like beside its status."""
    think_time: SecondsOrZero | Think = 0.0
    """Pause of each user between two requests."""
    concurrent_users: int | None = Field(default=None, ge=1, le=10_000)
    """Clients that send at the same time, each waiting for its answer; default: the top-level `concurrent_users`."""
    duration: Seconds | None = None
    """Seconds of measuring after the warm-up; default: `test_duration`."""
    rate: Rate | None = None
    """Requests a second, sent whether earlier ones are answered or not, on as many connections as it takes: a number,
    a ramp, or a list of steps of equal length. Times count from the moment a request was due."""
    arrivals: Arrivals = "even"
    """How the requests of a `rate` follow one another: evenly, or at random as independent users do."""
    max_connections: int = Field(default=1000, ge=1, le=50_000)
    """Connections that a `rate` may open; when all wait for answers, the schedule is not kept."""
    stages: tuple[Stage, ...] = ()
    """Numbers of users over time, instead of `concurrent_users` and `duration`."""
    workers: Workers = 1
    """Processes that make the load together, or for `engine: k6` the processors it uses; `auto` takes a quarter of the
    processors, where the load needs them."""
    locust: LocustMaster | None = None
    """Workers on other hosts that make the load, for `engine: locust`."""
    warm_up: SecondsOrZero = 1.0
    """Seconds of load before anything counts."""
    timeout: Seconds = 30.0
    """Seconds until a request counts as failed."""
    expected_status: Status | tuple[Status, ...] | None = None
    """Statuses that are answers; by default every status below 400."""
    verify: bool | str = True
    """Whether TLS certificates must be good; or a file with the ones that are trusted, in PEM format."""
    save_samples: bool = False
    """Whether to write every answer and a line for each second beside the results, as CSV files."""
    engine: Annotated[str, AfterValidator(_known_engine)] = "native"
    """The load engine: `native`, the embedded one; `httpx`, slower, for HTTP that `native` does not speak; `locust` or
    `k6`, which run their own scripts, too."""

    def block(self, seconds: float, pace: float | None = None) -> ApiSpec:
        """Load for ``seconds``, longer where requests are slow; the clients' connections are made just before."""
        users = self.concurrent_users or 1
        latency = users / pace if pace else _SLOW_S
        if pace:
            seconds = max(seconds, min(_BLOCK_REQUESTS * latency, _LONGEST_FOR_REQUESTS_S))
        # One user needs no more than the engine's first request, and where requests are slow a new connection is
        # nothing, while a first request that does not count may be half of the block.
        warm_up = _BLOCK_WARM_UP_S if users > 1 and latency < _SLOW_S else 0.0
        return self.model_copy(update={**self._lasting(seconds), "warm_up": min(self.warm_up, warm_up)})

    @model_validator(mode="after")
    def _one_kind_of_load(self) -> ApiSpec:
        if self.rate is not None and self.stages:
            raise ValueError("has either a rate or stages of users, not both")
        if self.stages and not any(stage.users for stage in self.stages):
            raise ValueError("has stages without any users")
        if sum(map(bool, (self.endpoint, self.steps, self.script))) != 1:
            raise ValueError("needs either an endpoint or steps, or a script of its engine")
        if self.steps and (own := _REQUEST_KEYS & self.model_fields_set):
            raise ValueError(f"has steps, so {', '.join(sorted(own))} belongs to them")
        return self

    @model_validator(mode="after")
    def _what_the_engine_knows(self) -> ApiSpec:
        if self.script and (own := _SCRIPTED_KEYS & self.model_fields_set):
            raise ValueError(f"has a script, so {', '.join(sorted(own))} belongs there")
        if self.locust and self.workers != 1:
            raise ValueError("has either workers here or those on other hosts, not both")
        wanted = {name for name in _FEATURES if getattr(self, name) != ApiSpec.model_fields[name].get_default()}
        if missing := wanted - engines()[self.engine].features:
            raise ValueError(f"has {', '.join(sorted(missing))}, which engine {self.engine!r} does not do")
        return self

    def requests(self) -> tuple[Step, ...]:
        """What is sent, one after the other; nothing that is known here when there is a script."""
        if self.steps or self.script:
            return self.steps
        own = {key: getattr(self, key) for key in Step.model_fields if key in ApiSpec.model_fields and key != "name"}
        return (Step.model_construct(**own),)

    def custom_metrics(self) -> tuple[Metric, ...]:
        """The response times of each step with a name."""
        return tuple(metric for step in self.steps if step.name for metric in step_metrics(step.name))

    def files(self) -> tuple[str, ...]:
        """The script: another one makes other requests."""
        return (self.script,) if self.script else ()

    @property
    def contained(self) -> bool:
        """Yes, unless workers that somebody else started make the load: they may be on this machine."""
        return self.locust is None

    def identity(self) -> dict[str, object]:
        """The requests and how many send them; hosts and header values are left out."""
        first, *others = [step.identity() for step in self.requests()] or [{}]
        return {
            **super().identity(),
            **first,
            "concurrent_users": self.concurrent_users,
            **self._uncommon_identity(others),
        }

    def _uncommon_identity(self, others: list[dict[str, object]]) -> dict[str, object]:
        """What only some scenarios have: those without it are to keep the series they always had."""
        found: dict[str, object] = {"steps": others} if others else {}
        if self.rate is not None:
            found |= {"rate": self.rate, "arrivals": self.arrivals}
        if self.stages:
            found["stages"] = [(stage.users, stage.ramp, stage.duration) for stage in self.stages]
        if self.data:
            text = self.data if isinstance(self.data, str) else json.dumps(self.data, sort_keys=True, default=str)
            found["data"] = hashlib.sha256(text.encode()).hexdigest()
        return found | ({"cookies": self.cookies} if self.cookies is not None else {})

    @property
    def load_s(self) -> float:
        """Seconds of measuring: those of the stages where there are some."""
        return sum(stage.duration for stage in self.stages) or self.duration or 30.0

    def _lasting(self, seconds: float) -> dict[str, object]:
        """What changes when the same load is to last so long."""
        ratio = seconds / self.load_s
        stages = tuple(stage.model_copy(update={"duration": stage.duration * ratio}) for stage in self.stages)
        return {"duration": seconds, "stages": stages, "save_samples": False}


def load_plan(spec: ApiSpec, context: Context) -> LoadPlan:
    """What the engine is to do. Raises `MeasureError` when the endpoint may not be loaded."""
    where = f"test_scenarios.{spec.name}"
    calls = tuple(step.call(_allowed(step.endpoint, context, f"{where}.endpoint")) for step in spec.requests())
    service = context.service
    users = _most_users(spec, context.stress_multiplier)
    return LoadPlan(
        calls=calls,
        script=str(context.directory / spec.script) if spec.script else "",
        base_url=_start(context, where) if spec.script else context.base_url,
        targets=context.targets,
        rows=_rows(spec.data, context, f"{where}.data"),
        cookies=bool(spec.steps) if spec.cookies is None else spec.cookies,
        timeout_s=spec.timeout,
        users=users,
        warm_up_s=spec.warm_up,
        duration_s=spec.load_s,
        stages=stage_profile(spec.stages, context.stress_multiplier),
        rate=rate_profile(spec.rate, spec.load_s, context.stress_multiplier) if spec.rate is not None else (),
        poisson=spec.arrivals == "poisson",
        max_connections=spec.max_connections,
        workers=worker_count(spec.workers, spec.max_connections if spec.rate is not None else users),
        remote=spec.locust.remote() if spec.locust else None,
        seed=context.seed,
        verify=str(context.directory / spec.verify) if isinstance(spec.verify, str) else spec.verify,
        keep_samples=spec.save_samples,
        alive=service.check if service else _always,
        progress=lambda share: context.progress(share, "loading"),
    )


def _start(context: Context, where: str) -> str:
    """Where the users of a script start. Raises `MeasureError` when that may not be loaded."""
    if not context.base_url:
        raise MeasureError("a script needs a base_url", where=where, hint="set base_url, or start a service")
    return _allowed("", context, where).rstrip("/")


def measure(spec: ApiSpec, context: Context) -> Outcome:
    """Load the endpoint. Raises `MeasureError` when it may not be loaded or cannot be reached at all."""
    plan = load_plan(spec, context)
    with ServiceUsage(context.service, plan.duration_s) as usage:
        result = engines()[spec.engine].drive(plan)
    if spec.save_samples:
        files.save(result, context.output, spec.name)
    found = outcome(
        spec.name,
        result,
        service=usage.cost,
        max_error_rate_pct=context.max_error_rate_pct,
        steps=result.names or tuple(step.name for step in spec.steps),
    )
    return replace(
        found,
        measurements=found.measurements + usage.measurements(spec.name),
        warnings=found.warnings + usage.warnings,
        timeline=timeline(spec.name, result, plan.duration_s),
    )


def _allowed(endpoint: str, context: Context, where: str) -> str:
    """The URL of ``endpoint``. Raises `MeasureError` when it may not be loaded."""
    url = resolve(endpoint, context.base_url, where)
    if url.startswith("unix:"):
        context.targets.check("localhost")
    else:
        context.targets.check_url(url)
    return url


def _rows(data: str | Sequence[Mapping[str, object]], context: Context, where: str) -> tuple[Row, ...]:
    return read(context.directory / data, where) if isinstance(data, str) else plain(data)


def _most_users(spec: ApiSpec, factor: float) -> int:
    users = max(stage.users for stage in spec.stages) if spec.stages else spec.concurrent_users or 10
    return math.ceil(round(users * factor, 6))


def resolve(endpoint: str, base_url: str, where: str) -> str:
    """The URL of ``endpoint``: itself when it is whole, otherwise below ``base_url``, whose path is kept."""
    if urlsplit(endpoint).scheme in ("http", "https", "unix"):
        return endpoint
    if not base_url:
        hint = "set base_url, start a service, or give a whole URL"
        raise MeasureError(f"{endpoint!r} is relative and there is no base_url", where=where, hint=hint)
    if urlsplit(base_url).scheme not in ("http", "https"):
        raise MeasureError(f"base_url {base_url!r} is not an http(s) URL", where="base_url")
    return urljoin(base_url.rstrip("/") + "/", endpoint.lstrip("/"))


def _always() -> None:
    """Somebody else's service: its death shows as failed requests."""


KIND = ScenarioKind(name="api", summary="HTTP load on one endpoint", spec=ApiSpec, measure=measure)
