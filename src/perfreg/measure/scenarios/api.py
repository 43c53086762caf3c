"""HTTP load on one endpoint: latency, throughput, errors, and what the service paid for it."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urljoin, urlsplit

from pydantic import AfterValidator, Field, model_validator

from perfreg.config.base import ScenarioSpec
from perfreg.config.quantity import Seconds, SecondsOrZero
from perfreg.errors import MeasureError
from perfreg.measure.context import Context, Outcome, ScenarioKind
from perfreg.measure.cpu_clock import cpu_seconds
from perfreg.measure.engines.call import ANY_GOOD_STATUS, Call
from perfreg.measure.engines.engine import LoadPlan
from perfreg.measure.engines.keys import Arrivals, Rate, Stage, rate_profile, stage_profile
from perfreg.measure.engines.outcome import ServiceCost, outcome
from perfreg.measure.engines.registry import engines
from perfreg.measure.sampler import Sampler

_MEMORY_EVERY_S = 0.25
_BLOCK_WARM_UP_S = 0.01
_BLOCK_REQUESTS = 4
"""A block of fewer requests of each user would mostly tell how its ends were cut."""
_FORKS_AFTER_S = 0.5
"""Looking for the processes of the service takes milliseconds; in a shorter time those known before will do."""


def _known_engine(name: str) -> str:
    if name not in engines():
        raise ValueError(f"unknown engine {name!r}; known: {', '.join(engines())}")
    return name


def _valid_status(status: int) -> int:
    if not 100 <= status <= 599:
        raise ValueError(f"{status} is not an HTTP status")
    return status


Status = Annotated[int, AfterValidator(_valid_status)]


class ApiSpec(ScenarioSpec):
    """HTTP load on one endpoint."""

    inherits: ClassVar[frozenset[str]] = frozenset({"duration", "concurrent_users"})

    type: Literal["api"]
    """Selects this kind."""
    endpoint: str = Field(min_length=1)
    """Path below `base_url` (or below the started service), a whole http(s) URL, or `unix:/run/app.sock:/path`."""
    method: str = Field(default="GET", pattern=r"^[A-Za-z]{1,20}$")
    """HTTP method."""
    headers: dict[str, str] = {}
    """Request headers; values are never stored or shown."""
    body: str | dict[str, Any] | list[Any] | None = None
    """Request body: text as it is, anything else as JSON."""
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
    warm_up: SecondsOrZero = 1.0
    """Seconds of load before anything counts."""
    timeout: Seconds = 30.0
    """Seconds until a request counts as failed."""
    expected_status: Status | tuple[Status, ...] | None = None
    """Statuses that are answers; by default every status below 400."""
    engine: Annotated[str, AfterValidator(_known_engine)] = "native"
    """The load engine: `native`, the embedded one, or `httpx`, slower, for HTTP that `native` does not speak."""

    def block(self, seconds: float, pace: float | None = None) -> ApiSpec:
        """Load for ``seconds``, longer where requests are slow; the clients' connections are made just before."""
        users = self.concurrent_users or 1
        if pace:
            seconds = max(seconds, _BLOCK_REQUESTS * users / pace)
        warm_up = _BLOCK_WARM_UP_S if users > 1 else 0.0  # one user needs no more than the engine's first request
        return self.model_copy(update={**self._lasting(seconds), "warm_up": min(self.warm_up, warm_up)})

    @model_validator(mode="after")
    def _one_kind_of_load(self) -> ApiSpec:
        if self.rate is not None and self.stages:
            raise ValueError("has either a rate or stages of users, not both")
        if self.stages and not any(stage.users for stage in self.stages):
            raise ValueError("has stages without any users")
        wanted = {name for name in ("rate", "stages") if getattr(self, name)}
        if missing := wanted - engines()[self.engine].features:
            raise ValueError(f"has {', '.join(sorted(missing))}, which engine {self.engine!r} does not do")
        return self

    def profile_identity(self) -> dict[str, object]:
        """What is peculiar to this load; nothing for a number of users, as it always was."""
        if self.rate is not None:
            return {"rate": self.rate, "arrivals": self.arrivals}
        shape = [(stage.users, stage.ramp, stage.duration) for stage in self.stages]
        return {"stages": shape} if shape else {}

    def identity(self) -> dict[str, object]:
        """The request and how many send it; hosts and header values are left out."""
        parts = urlsplit(self.endpoint)
        return {
            **super().identity(),
            "endpoint": parts.path + (f"?{parts.query}" if parts.query else ""),
            "method": self.method.upper(),
            "headers": sorted(name.lower() for name in self.headers),
            "body": hashlib.sha256(self.content()).hexdigest() if self.body is not None else "",
            "concurrent_users": self.concurrent_users,
            "expected_status": self.expected_status,
            **self.profile_identity(),
        }

    @property
    def load_s(self) -> float:
        """Seconds of measuring: those of the stages where there are some."""
        return sum(stage.duration for stage in self.stages) or self.duration or 30.0

    def _lasting(self, seconds: float) -> dict[str, object]:
        """What changes when the same load is to last so long."""
        ratio = seconds / self.load_s
        stages = tuple(stage.model_copy(update={"duration": stage.duration * ratio}) for stage in self.stages)
        return {"duration": seconds, "stages": stages}

    def content(self) -> bytes:
        """The bytes of the request body."""
        if self.body is None:
            return b""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()

    def request_headers(self) -> tuple[tuple[str, str], ...]:
        """The headers to send; a JSON body says so unless the configuration does."""
        named = {name.lower() for name in self.headers}
        json_body = self.body is not None and not isinstance(self.body, str)
        extra = (("content-type", "application/json"),) if json_body and "content-type" not in named else ()
        return (*self.headers.items(), *extra)


def measure(spec: ApiSpec, context: Context) -> Outcome:
    """Load the endpoint. Raises `MeasureError` when it may not be loaded or cannot be reached at all."""
    url = resolve(spec.endpoint, context.base_url, f"test_scenarios.{spec.name}.endpoint")
    if url.startswith("unix:"):
        context.targets.check("localhost")
    else:
        context.targets.check_url(url)
    service = context.service
    call = Call(
        url=url,
        method=spec.method.upper(),
        headers=spec.request_headers(),
        body=spec.content(),
        accepts=_accepted(spec.expected_status),
    )
    plan = LoadPlan(
        calls=(call,),
        timeout_s=spec.timeout,
        users=_most_users(spec, context.stress_multiplier),
        warm_up_s=spec.warm_up,
        duration_s=spec.load_s,
        stages=stage_profile(spec.stages, context.stress_multiplier),
        rate=rate_profile(spec.rate, spec.load_s, context.stress_multiplier) if spec.rate is not None else (),
        poisson=spec.arrivals == "poisson",
        max_connections=spec.max_connections,
        seed=context.seed,
        alive=service.check if service else _always,
        progress=lambda share: context.progress(share, "loading"),
    )
    known = service.process_ids() if service else []
    listed = service.process_ids if service and plan.duration_s >= _FORKS_AFTER_S else lambda: known
    before = cpu_seconds(known)
    memory = Sampler(listed, metrics=("memory_usage",), interval=_MEMORY_EVERY_S) if service else None
    began = time.perf_counter()
    with memory or nullcontext():
        result = engines()[spec.engine].drive(plan)
        cost = ServiceCost(cpu_s=cpu_seconds(listed()) - before, wall_s=time.perf_counter() - began)
    found = outcome(spec.name, result, service=cost if service else None, max_error_rate_pct=context.max_error_rate_pct)
    if memory is None:
        return found
    peak = memory.measurements(spec.name)
    return replace(found, measurements=found.measurements + peak, warnings=found.warnings + memory.warnings)


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


def _accepted(expected: int | Sequence[int] | None) -> frozenset[int]:
    if expected is None:
        return ANY_GOOD_STATUS
    return frozenset((expected,) if isinstance(expected, int) else expected)


def _always() -> None:
    """Somebody else's service: its death shows as failed requests."""


KIND = ScenarioKind(name="api", summary="HTTP load on one endpoint", spec=ApiSpec, measure=measure)
