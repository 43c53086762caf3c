"""Resource usage of the host or of processes, sampled in the background of a measurement."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Literal, final

from perfreg.config.base import Monitor, ResourceMetric
from perfreg.errors import MeasureError
from perfreg.measure.context import Context
from perfreg.measure.measured_process import named, tree
from perfreg.measure.resources import HostResources, ProcessResources, Reading, Resources
from perfreg.measure.service_log import clean
from perfreg.model.metric import CATALOGUE
from perfreg.model.run import Measurement
from perfreg.stats.describe import from_samples

# From a counter's growth per second to the metric's unit: % of a processor, and MB/s.
_SCALE: dict[ResourceMetric, float] = {"cpu_usage": 100.0, "disk_io": 1e-6, "network_io": 1e-6}
_MB = 1e6


class _Flow:
    """The growth of one counter summed over processes that come and go.

    A process that is new since the last look started from zero. On Linux the account of one that is gone goes to
    its parent; that is no growth, so it is taken off again, for two looks, as the parent may have been read first.
    """

    def __init__(self, counters: dict[int, float]) -> None:
        self._last = counters
        self._inherited = 0.0

    def growth(self, counters: dict[int, float]) -> float:
        """The growth since the last call, never negative."""
        grown = sum(max(0.0, count - self._last.get(pid, 0.0)) for pid, count in counters.items())
        gone = sum(count for pid, count in self._last.items() if pid not in counters)
        fresh = gone if sys.platform == "linux" else 0.0
        taken_off = min(grown, self._inherited + fresh)
        self._inherited = min(fresh, self._inherited + fresh - taken_off)
        self._last = counters
        return grown - taken_off


@final
class Sampler:
    """Samples while its ``with`` block runs; ask it for measurements afterwards.

    ``list_ids`` gives the ids of the processes to watch, all descendants included; None stands for the whole host.
    cpu_usage is in % of one processor for processes and of all processors for the host; cpu_usage, disk_io and
    network_io are means over the block, memory_usage is its peak. ``subject`` names what is watched in messages.
    Entering raises `MeasureError` when there is no process.
    """

    def __init__(
        self,
        list_ids: Callable[[], list[int]] | None,
        *,
        metrics: Sequence[ResourceMetric],
        interval: float = 0.1,
        subject: str = "process",
    ) -> None:
        self.subject = subject
        self._interval = interval
        wanted = tuple(dict.fromkeys(metrics))
        self._samples: dict[ResourceMetric, list[float]] = {metric: [] for metric in wanted}
        self._resources: Resources = HostResources(wanted) if list_ids is None else ProcessResources(list_ids, wanted)
        self._flows: dict[ResourceMetric, _Flow] = {}
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._last_at = 0.0
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="perfreg-sampler")
        self._loop: Future[None] | None = None

    def __enter__(self) -> Sampler:
        first = self._resources.read()
        if first is None:
            raise MeasureError(f"there is no {self.subject} to watch", hint="is it running, under this user?")
        self._flows = {metric: _Flow(first.counters[metric]) for metric in _SCALE if metric in first.counters}
        self._note_memory(first)
        self._last_at = first.at
        self._loop = self._executor.submit(self._run)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._executor.shutdown(wait=True)
        if self._loop is not None and error is None:
            self._loop.result()

    def wait_for_end(self, timeout_s: float) -> bool:
        """Wait until nothing is left to watch; False when the time is over first."""
        return self._ended.wait(timeout_s)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What could not be sampled, or not to the end."""
        warnings = list(self._resources.warnings)
        if self._ended.is_set():
            warnings.append(f"the {self.subject} ended early: its use of resources is known only until then")
        if self._flows and not any(self._samples[metric] for metric in self._flows):
            warnings.append(f"it was over before the first sample after {self._interval:g} s")
        return tuple(warnings)

    def measurements(self, scenario: str) -> tuple[Measurement, ...]:
        """The metrics that could be sampled, under the scenario's name."""
        return tuple(
            from_samples(scenario, CATALOGUE[metric], samples, take="max" if metric == "memory_usage" else "mean")
            for metric, samples in self._samples.items()
            if samples
        )

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            if not self._look(shortest=0.0):
                self._ended.set()
                return
        self._look(shortest=self._interval / 2)

    def _look(self, *, shortest: float) -> bool:
        """Take a sample of the time since the last one, unless that is too short; False when nothing is left."""
        reading = self._resources.read()
        if reading is None:
            return False
        elapsed = reading.at - self._last_at
        if elapsed <= shortest:
            return True
        self._last_at = reading.at
        self._note_memory(reading)
        for metric, flow in self._flows.items():
            if metric in reading.counters:
                growth = flow.growth(reading.counters[metric])
                self._samples[metric].append(growth / elapsed * _SCALE[metric])
        return True

    def _note_memory(self, reading: Reading) -> None:
        if "memory_usage" in reading.counters:
            self._samples["memory_usage"].append(sum(reading.counters["memory_usage"].values()) / _MB)


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
