"""HTTP load on one endpoint: latency, throughput, errors, and what the service paid for it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urljoin, urlsplit

from pydantic import AfterValidator, Field

from perfreg.config.base import ScenarioSpec
from perfreg.config.quantity import Seconds, SecondsOrZero
from perfreg.errors import MeasureError
from perfreg.measure.context import Context, Outcome, ScenarioKind, Service
from perfreg.measure.cpu_clock import cpu_seconds
from perfreg.measure.engines.call import ANY_GOOD_STATUS, Call
from perfreg.measure.engines.engine import LoadPlan, LoadResult
from perfreg.measure.engines.registry import engines
from perfreg.measure.sampler import Sampler
from perfreg.model.metric import CATALOGUE
from perfreg.model.run import Measurement
from perfreg.stats.describe import BLOCKS, single, standard_error
from perfreg.stats.distribution import merge
from perfreg.stats.slices import family, from_moments

_MEMORY_EVERY_S = 0.25
_BLOCK_WARM_UP_S = 0.01
_BLOCK_REQUESTS = 2
"""A block of fewer requests of each user would mostly tell how its ends were cut."""


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
    """Path below `base_url` (or below the started service), or a whole http(s) URL."""
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
        # Without a pace it may be slow: then only without a warm-up is the first request of each user sure to count.
        # One user needs no warm-up besides the engine's first request.
        warm_up = _BLOCK_WARM_UP_S if pace and users > 1 else 0.0
        return self.model_copy(update={"duration": seconds, "warm_up": min(self.warm_up, warm_up)})

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
        }

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
        users=math.ceil((spec.concurrent_users or 10) * context.stress_multiplier),
        warm_up_s=spec.warm_up,
        duration_s=spec.duration or 30.0,
        alive=service.check if service else _always,
        progress=lambda share: context.progress(share, "loading"),
    )
    before = _cpu_seconds(service)
    memory = Sampler(service.process_ids, metrics=("memory_usage",), interval=_MEMORY_EVERY_S) if service else None
    with memory or nullcontext():
        result = engines()[spec.engine].drive(plan)
        spent = _cpu_seconds(service) - before
    found = outcome(spec.name, result, service_cpu_s=spent, max_error_rate_pct=context.max_error_rate_pct)
    if memory is None:
        return found
    peak = memory.measurements(spec.name)
    return replace(found, measurements=found.measurements + peak, warnings=found.warnings + memory.warnings)


def resolve(endpoint: str, base_url: str, where: str) -> str:
    """The URL of ``endpoint``: itself when it is whole, otherwise below ``base_url``, whose path is kept."""
    if urlsplit(endpoint).scheme in ("http", "https"):
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


def outcome(name: str, result: LoadResult, *, service_cpu_s: float, max_error_rate_pct: float) -> Outcome:
    """The metrics of what an engine measured. Failed requests count as errors and never as latency."""
    attempts, answers = result.attempts, result.answers
    rate = 100 * sum(result.errors.values()) / attempts if attempts else 100.0
    measurements: list[Measurement] = []
    if attempts:
        measurements.append(single(name, CATALOGUE["error_rate"], rate, n=attempts))
    if answers:
        measurements += family(name, "response_time", result.response)
        measurements.append(_throughput(name, result))
        measurements.append(from_moments(name, CATALOGUE["response_size"], result.size))
        if service_cpu_s > 0:
            cost = 1e3 * service_cpu_s / result.requests
            measurements.append(single(name, CATALOGUE["cpu_time_per_request"], cost, n=result.requests))
    broken = rate > max_error_rate_pct or not answers
    return Outcome(
        measurements=tuple(measurements),
        status="broken" if broken else "ok",
        reasons=(_complaint(rate, max_error_rate_pct, result.errors, attempts),) if broken else (),
        errors=dict(result.errors),
        samples={"response_time": merge(result.response).histogram},
        attempts=attempts,
        busy_s=result.elapsed_s,
    )


def _throughput(name: str, result: LoadResult) -> Measurement:
    error = standard_error([each.n / result.slice_s for each in result.response[:BLOCKS]])
    return single(name, CATALOGUE["throughput"], result.throughput, n=result.answers, std_error=error)


def _complaint(rate: float, limit: float, errors: Mapping[str, int], attempts: int) -> str:
    if not attempts:
        return "no request was finished in the whole duration"
    classes = ", ".join(f"{count} x {kind}" for kind, count in sorted(errors.items(), key=lambda item: -item[1]))
    return f"{rate:.3g} % of {attempts} requests failed (limit {limit:g} %): {classes}"


def _cpu_seconds(service: Service | None) -> float:
    """CPU time that the living processes of the service have used so far."""
    return cpu_seconds(service.process_ids()) if service else 0.0


KIND = ScenarioKind(name="api", summary="HTTP load on one endpoint", spec=ApiSpec, measure=measure)
