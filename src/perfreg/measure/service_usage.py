"""What a load costs the service it is made on: beside loads that last, and at the ends of those that do not."""

from __future__ import annotations

import time
from dataclasses import replace
from types import TracebackType
from typing import final

from perfreg.config.base import ResourceMetric
from perfreg.measure.context import Service
from perfreg.measure.cpu_clock import cpu_seconds
from perfreg.measure.engines.outcome import ServiceCost
from perfreg.measure.resources import ProcessResources
from perfreg.measure.sampler import Sampler
from perfreg.model.metric import CATALOGUE
from perfreg.model.run import Measurement
from perfreg.stats.describe import from_samples

INTERVAL_S = 0.1
SAMPLED_FROM_S = 0.5
"""Looking for the processes of the service takes milliseconds, and a thread gets in the way of the load: in a shorter
time those known before will do, and nobody looks in between."""
_JUDGED: tuple[ResourceMetric, ...] = ("memory_usage",)
_BESIDE: tuple[ResourceMetric, ...] = (
    "cpu_usage",
    "memory_usage_mean",
    "disk_io",
    "context_switches",
    "threads",
    "open_files",
)
"""They inform, where the system tells them."""


@final
class ServiceUsage:
    """The use of resources by ``service`` while its ``with`` block runs, which takes ``load_s`` seconds or longer.

    A load shorter than `SAMPLED_FROM_S`, a block of a comparison, has its processor time and memory told alone. All
    that depends on how much load there was is informative: who answers more requests uses more of a processor.
    """

    def __init__(self, service: Service | None, load_s: float) -> None:
        self._known = service.process_ids() if service else []
        self._pids = service.process_ids if service and load_s >= SAMPLED_FROM_S else lambda: self._known
        self._watch: Sampler | _Ends | None = None
        if service is not None and load_s >= SAMPLED_FROM_S:
            just_listed = [self._known]
            self._watch = Sampler(
                lambda: just_listed.pop() if just_listed else self._pids(),
                metrics=(*_JUDGED, *_BESIDE),
                interval=INTERVAL_S,
                subject="service",
                optional=_BESIDE,
            )
        elif service is not None:
            self._watch = _Ends(self._known)
        self._cpu_s = self._began = 0.0
        self.cost: ServiceCost | None = None
        """What the load cost, once it is over; None where there is no service."""

    def __enter__(self) -> ServiceUsage:
        if self._watch is not None:
            self._watch.__enter__()
        self._cpu_s, self._began = cpu_seconds(self._known), time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watch is None:
            return
        if error is None:
            wall_s = time.perf_counter() - self._began
            self.cost = ServiceCost(cpu_s=cpu_seconds(self._pids()) - self._cpu_s, wall_s=wall_s)
        self._watch.__exit__(kind, error, trace)

    def measurements(self, scenario: str) -> tuple[Measurement, ...]:
        """What was seen, under the scenario's name."""
        return tuple(map(_informative, self._watch.measurements(scenario))) if self._watch else ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What could not be seen."""
        return self._watch.warnings if self._watch else ()


class _Ends:
    """The memory of processes before and after."""

    warnings: tuple[str, ...] = ()

    def __init__(self, pids: list[int]) -> None:
        self._resources = ProcessResources(lambda: pids, _JUDGED)
        self._samples: list[float] = []

    def __enter__(self) -> None:
        self._look()

    def __exit__(self, *_: object) -> None:
        self._look()
        self._resources.close()

    def measurements(self, scenario: str) -> tuple[Measurement, ...]:
        metric = CATALOGUE["memory_usage"]
        return (from_samples(scenario, metric, self._samples, take="max"),) if self._samples else ()

    def _look(self) -> None:
        reading = self._resources.read()
        if reading is not None and "memory_usage" in reading.counters:
            self._samples.append(sum(reading.counters["memory_usage"].values()) / 1e6)


def _informative(measurement: Measurement) -> Measurement:
    return measurement if measurement.metric in _JUDGED else replace(measurement, direction="none")
