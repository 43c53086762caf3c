"""Resource usage of the host or of processes, sampled in the background of a measurement."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Literal, final

from perfreg.config.base import Monitor, ResourceMetric
from perfreg.errors import MeasureError
from perfreg.measure.context import Context
from perfreg.measure.flow import Flow
from perfreg.measure.host_resources import HostResources
from perfreg.measure.measured_process import named, tree
from perfreg.measure.resources import INHERITED, ProcessResources, Reading, Resources
from perfreg.measure.service_log import clean
from perfreg.model.metric import CATALOGUE
from perfreg.model.run import Measurement
from perfreg.stats.describe import from_samples

# What a counter's growth per second is in the metric's unit: % of a processor, MB/s, or itself.
_GROWTH: dict[ResourceMetric, float] = {
    "cpu_usage": 100.0,
    "disk_io": 1e-6,
    "network_io": 1e-6,
    "context_switches": 1.0,
}
_LEVEL: dict[ResourceMetric, float] = {
    "memory_usage": 1e-6,
    "memory_usage_mean": 1e-6,
    "threads": 1.0,
    "open_files": 1.0,
}
_PEAKS: frozenset[ResourceMetric] = frozenset({"memory_usage", "threads", "open_files"})


@final
class Sampler:
    """Samples while its ``with`` block runs; ask it for measurements afterwards.

    ``list_ids`` gives the ids of the processes to watch, all descendants included; None stands for the whole host.
    cpu_usage is in % of one processor for processes and of all processors for the host; memory_usage, threads and
    open_files are the most that was seen, all others means over the block. ``subject`` names what is watched in
    messages; nobody is told that metrics which are ``optional`` could not be sampled. Entering raises `MeasureError`
    when there is no process.
    """

    def __init__(
        self,
        list_ids: Callable[[], list[int]] | None,
        *,
        metrics: Sequence[ResourceMetric],
        interval: float = 0.1,
        subject: str = "process",
        optional: Collection[ResourceMetric] = (),
    ) -> None:
        self.subject = subject
        self._optional = optional
        self._interval = interval
        wanted = tuple(dict.fromkeys(metrics))
        self._samples: dict[ResourceMetric, list[float]] = {metric: [] for metric in wanted}
        self._resources: Resources = HostResources(wanted) if list_ids is None else ProcessResources(list_ids, wanted)
        self._flows: dict[ResourceMetric, Flow] = {}
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="perfreg-sampler")
        self._loop: Future[None] | None = None

    def __enter__(self) -> Sampler:
        first = self._resources.read(thorough=True)
        if first is None:
            raise MeasureError(f"there is no {self.subject} to watch", hint="is it running, under this user?")
        self._flows = {
            metric: Flow(first.counters[metric], first.at, goes_to_parent=metric in INHERITED)
            for metric in _GROWTH
            if metric in first.counters
        }
        self._note_levels(first)
        self._loop = self._executor.submit(self._run)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._executor.shutdown(wait=True)
        self._resources.close()
        if self._loop is not None and error is None:
            self._loop.result()

    def wait_for_end(self, timeout_s: float) -> bool:
        """Wait until nothing is left to watch; False when the time is over first."""
        return self._ended.wait(timeout_s)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What could not be sampled, or not to the end."""
        left_out = self._resources.left_out.items()
        warnings = [f"{metric} is left out: {reason}" for metric, reason in left_out if metric not in self._optional]
        if self._ended.is_set():
            warnings.append(f"the {self.subject} ended early: its use of resources is known only until then")
        if self._flows and not any(self._samples[metric] for metric in self._flows):
            warnings.append(f"it was over before the first sample after {self._interval:g} s")
        return tuple(warnings)

    def measurements(self, scenario: str) -> tuple[Measurement, ...]:
        """The metrics that could be sampled, under the scenario's name."""
        return tuple(self._measurement(scenario, metric) for metric, samples in self._samples.items() if samples)

    def _measurement(self, scenario: str, metric: ResourceMetric) -> Measurement:
        take = "max" if metric in _PEAKS else "mean"
        found = from_samples(scenario, CATALOGUE[metric], self._samples[metric], take=take)
        return replace(found, value=self._flows[metric].mean * _GROWTH[metric]) if metric in self._flows else found

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            if not self._look(shortest=0.0):
                self._ended.set()
                return
        self._look(shortest=self._interval / 2, thorough=True)

    def _look(self, *, shortest: float, thorough: bool = False) -> bool:
        """Take a sample of the time since the last one, unless that is too short; False when nothing is left."""
        reading = self._resources.read(thorough=thorough)
        if reading is None:
            return False
        self._note_levels(reading)
        for metric, flow in self._flows.items():
            if metric in reading.counters and reading.at - flow.at > shortest:
                rate = flow.rate(reading.counters[metric], reading.at)
                self._samples[metric].append(rate * _GROWTH[metric])
        return True

    def _note_levels(self, reading: Reading) -> None:
        for metric in _LEVEL.keys() & reading.counters.keys():
            self._samples[metric].append(sum(reading.counters[metric].values()) * _LEVEL[metric])


def sampler_for(
    context: Context,
    *,
    metrics: Sequence[ResourceMetric],
    interval: float,
    pid: int | None = None,
    process: str | None = None,
    target: Literal["host", "service"] | None = None,
) -> Sampler:
    """A sampler of a process, of those with a name, of the service or of the host, with all descendants.

    Without any of the three it is the started service, else the host. Raises `MeasureError` when the service is
    asked for and there is none.
    """
    service = context.service
    list_ids: Callable[[], list[int]] | None = None
    subject = "host"
    if pid is not None:
        list_ids, subject = (lambda: tree(pid)), f"process {pid}"
    elif process is not None:
        list_ids, subject = (lambda: named(process)), f"process named {clean(process)!r}"
    elif service is not None and target != "host":
        list_ids, subject = service.process_ids, "service"
    elif target == "service":
        raise MeasureError("there is no service to watch", hint="configure 'service:', or watch a pid or process")
    return Sampler(list_ids, metrics=metrics, interval=interval, subject=subject)


def monitor_for(monitor: Monitor, context: Context) -> Sampler:
    """The sampler that a scenario's ``monitor`` asks for, to be entered around its measurement."""
    return sampler_for(
        context,
        metrics=monitor.metrics,
        interval=monitor.interval,
        pid=monitor.pid,
        process=monitor.process,
    )
