"""Resource usage of the host or of processes, sampled in the background of a measurement."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Literal

from perfreg.config.base import Monitor, ResourceMetric
from perfreg.errors import MeasureError
from perfreg.measure import process_tree
from perfreg.measure.context import Context
from perfreg.measure.resources import HostResources, ProcessResources, Reading, Resources
from perfreg.model.metric import CATALOGUE
from perfreg.model.run import Measurement
from perfreg.stats.describe import from_samples

# From a counter's growth per second to the metric's unit: % of a processor, and MB/s.
_SCALE = {"cpu_usage": 100.0, "disk_io": 1e-6, "network_io": 1e-6}
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
        self._resources: Resources = (
            HostResources(wanted) if list_ids is None else ProcessResources(list_ids, wanted)
        )
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

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was asked for and could not be sampled, or not to the end."""
        ...
