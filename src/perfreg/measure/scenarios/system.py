"""Resource usage of the host, of a process tree or of the service, over a span of time."""

from __future__ import annotations

import time
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from perfreg.config.base import ResourceMetric, SamplingInterval, ScenarioSpec
from perfreg.config.quantity import Seconds
from perfreg.errors import MeasureError
from perfreg.measure.context import Context, Outcome, ScenarioKind, Service
from perfreg.measure.measured_process import TICK_S
from perfreg.measure.sampler import Sampler, sampler_for

_DEFAULT_DURATION_S = 30.0
_REPORT_S = 2.0
_SHORTEST_INTERVAL_S = 0.01


class SystemSpec(ScenarioSpec):
    """Sampling of cpu_usage (mean, % of the machine, or of one processor for processes), memory_usage (peak, MB) and
    memory_usage_mean, disk_io and network_io (mean, MB/s), context_switches (a second), threads and open_files
    (most). By default of the started service, without one of the whole machine.
    """

    inherits: ClassVar[frozenset[str]] = frozenset({"duration"})

    type: Literal["system"]
    """Selects this kind."""
    duration: Seconds | None = None
    """Seconds of sampling; default: `test_duration`."""
    metrics: tuple[ResourceMetric, ...] = Field(default=("cpu_usage", "memory_usage"), min_length=1)
    """What to record; network_io only of the host."""
    target: Literal["host", "service"] | None = None
    """Watch the whole machine, or the process tree of the started service."""
    pid: int | None = Field(default=None, gt=0)
    """Watch this process and its descendants."""
    process: str | None = Field(default=None, min_length=1)
    """Watch the processes with this name and their descendants."""
    interval: SamplingInterval = 0.1
    """Time between two samples."""

    @model_validator(mode="after")
    def _one_subject(self) -> SystemSpec:
        given = [key for key in ("target", "pid", "process") if getattr(self, key) is not None]
        if len(given) > 1:
            raise ValueError(f"watches one thing, found {' and '.join(given)}")
        if self.monitor is not None:
            raise ValueError("a system scenario samples by itself and takes no monitor")
        return self

    def block(self, seconds: float, pace: float | None = None) -> SystemSpec:  # noqa: ARG002 - time is its measure
        """Sample for ``seconds``, a few times at least."""
        interval = max(_SHORTEST_INTERVAL_S, min(self.interval, seconds / 4))
        return self.model_copy(update={"duration": seconds, "interval": interval})

    def identity(self) -> dict[str, object]:
        """What is watched; which process has the part today, and which metrics are recorded, is left out."""
        watched = self.target or ("pid" if self.pid else self.process and f"process {self.process}") or "default"
        return {**super().identity(), "watched": watched}


def measure(spec: SystemSpec, context: Context) -> Outcome:
    """Sample for ``duration`` seconds. Raises `MeasureError` when there is nothing to watch or nothing to be seen."""
    sampler = sampler_for(
        context,
        metrics=spec.metrics,
        interval=spec.interval,
        pid=spec.pid,
        process=spec.process,
        target=spec.target,
    )
    duration = spec.duration or _DEFAULT_DURATION_S
    with sampler:
        watched = _watch(sampler, duration, context)
    if watched < duration:
        if context.service is not None and spec.pid is None and spec.process is None:
            _await_its_own_words(context.service)
        reason = f"the {sampler.subject} ended after {watched:.1f} of {duration:g} s"
        return Outcome(status="broken", reasons=(reason,), measurements=sampler.measurements(spec.name))
    measurements = sampler.measurements(spec.name)
    if not measurements:
        raise MeasureError("; ".join(sampler.warnings), where=f"test_scenarios.{spec.name}.metrics")
    return Outcome(measurements=measurements, warnings=sampler.warnings, busy_s=watched)


def _watch(sampler: Sampler, duration: float, context: Context) -> float:
    """Let the sampler work for ``duration`` seconds, or until nothing is left to watch; the time that passed."""
    start = time.monotonic()
    ended = False
    while not ended and (elapsed := time.monotonic() - start) < duration:
        context.progress(elapsed / duration, "sampling")
        ended = sampler.wait_for_end(min(TICK_S, duration - elapsed))
        if context.service is not None:
            context.service.check()
    context.progress(1.0, "sampling")
    return min(time.monotonic() - start, duration)


def _await_its_own_words(service: Service) -> None:
    """Let the service's own report of its death, which comes a moment after it, go before ours."""
    deadline = time.monotonic() + _REPORT_S
    while time.monotonic() < deadline:
        service.check()
        time.sleep(0.02)


KIND = ScenarioKind(
    name="system",
    summary="CPU, memory, disk and network use of the machine, a process tree or the service",
    spec=SystemSpec,
    measure=measure,
)
