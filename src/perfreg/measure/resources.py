"""What a group of processes uses, as the operating system counts it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from perfreg.config.base import ResourceMetric
from perfreg.measure.proc.process import ProcProcess
from perfreg.measure.proc.process import uncounted as proc_uncounted

_REFRESH_S = 0.5
_SHARE = 0.001
"""What listing processes, and what is as dear, may cost each, as a share of a core."""
_DEAR: frozenset[ResourceMetric] = frozenset({"context_switches", "disk_io", "open_files"})
"""They cost a file more for each process, or for each thread, and say as much when they are read less often."""
INHERITED: frozenset[ResourceMetric] = frozenset({"cpu_usage", "disk_io"} if sys.platform == "linux" else ())
"""Accounts that go to the parent of a process when it has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One look at the counters of each process, the host being process 0; ``at`` is a monotonic time in seconds.

    cpu_usage counts seconds so far (of the host: seconds of all its processors), disk_io and network_io bytes so
    far, context_switches those so far, by thread where the system tells; memory is in bytes, and threads and open_files
    are numbers, of now. What is dear to read is not in every reading.
    """

    at: float
    counters: dict[ResourceMetric, dict[int, float]]


class Resources(Protocol):
    """Something whose use of resources can be read. ``left_out`` tells what cannot be, and why."""

    left_out: dict[ResourceMetric, str]

    def read(self, *, thorough: bool = False) -> Reading | None:
        """The counters now, all of them when ``thorough``; None when there is nothing left to read."""

    def close(self) -> None:
        """Let go of what is held to read them."""


class Process(Protocol):
    """One process, as `ProcProcess` and `PsutilProcess` read it."""

    def look(self) -> bool: ...

    def close(self) -> None: ...

    def children(self) -> list[int]: ...

    def count(self, metric: ResourceMetric) -> Mapping[int, float]: ...


class Turn:
    """When something dear may be done again, so that it takes `_SHARE` of a core and no more."""

    def __init__(self) -> None:
        self._next = float("-inf")

    def has_come(self, now: float) -> bool:
        """Whether it may be done now."""
        return now >= self._next

    def took(self, now: float, cpu_s: float) -> None:
        """Note what doing it cost."""
        self._next = now + max(_REFRESH_S, cpu_s / _SHARE)


class ProcessResources:
    """A changing group of processes, listed anew twice a second, or as often as that costs next to nothing.

    Between two listings the children of those that are known are found, where the system tells them cheaply.
    Memory is the resident set, so pages that processes share count in each. Disk bytes are those that reached the
    storage layer, not those answered by the page cache (on Linux). Where one process may not be read, the metric
    is left out: a sum of the others would look like an improvement.
    """

    def __init__(self, list_ids: Callable[[], list[int]], metrics: Sequence[ResourceMetric]) -> None:
        self.left_out: dict[ResourceMetric, str] = {}
        self._list_ids = list_ids
        self._metrics = list(metrics)
        self._processes: dict[int, Process] = {}
        self._known: dict[int, dict[ResourceMetric, Mapping[int, float]]] = {}
        self._listing, self._children, self._dear = Turn(), Turn(), Turn()
        for metric, reason in _uncounted().items():
            if metric in metrics:
                self._leave_out(metric, reason)

    def read(self, *, thorough: bool = False) -> Reading | None:
        """The counters of every process; None when none is alive."""
        self._find()
        at = time.monotonic()
        dear = thorough or self._dear.has_come(at)
        wanted = [metric for metric in self._metrics if dear or metric not in _DEAR]
        began = time.thread_time()
        alive = [self._look(pid, process, wanted) for pid, process in tuple(self._processes.items())]
        if dear and _DEAR.intersection(wanted):
            self._dear.took(at, time.thread_time() - began)
        counters: dict[ResourceMetric, dict[int, float]] = {}
        for values in self._known.values():
            for metric in wanted:
                if metric in values and metric in self._metrics:
                    counters.setdefault(metric, {}).update(values[metric])
        return Reading(at=at, counters=counters) if any(alive) else None

    def close(self) -> None:
        """Let go of all processes."""
        self._keep(())

    def _find(self) -> None:
        """Look for processes that are new, one way or another."""
        now, began = time.monotonic(), time.thread_time()
        if self._listing.has_come(now):
            self._keep(self._list_ids())
            self._listing.took(now, time.thread_time() - began)
        elif self._children.has_come(now):
            known = dict(self._processes)
            self._keep(list(dict.fromkeys((*known, *(pid for each in known.values() for pid in each.children())))))
            self._children.took(now, time.thread_time() - began)

    def _keep(self, pids: Sequence[int]) -> None:
        kept, self._processes = self._processes, {}
        for pid in pids:
            process = kept.pop(pid, None) or _process(pid)
            if process is not None:
                self._processes[pid] = process
        for process in kept.values():
            process.close()
        self._known = {pid: values for pid, values in self._known.items() if pid in self._processes}

    def _look(self, pid: int, process: Process, wanted: Sequence[ResourceMetric]) -> bool:
        """Note the counters of a process; whether it lives. A dead one keeps the account that its parent is to get."""
        known = self._known.setdefault(pid, {})
        try:
            lives = process.look()
            if not lives:
                # What it used is its own until its parent has noticed; of that, only the processor time can be read.
                known = self._known[pid] = {m: values for m, values in known.items() if m in INHERITED}
            for metric in wanted:
                if metric in self._metrics and (lives or metric == "cpu_usage"):
                    self._count(metric, pid, process, known)
        except ProcessLookupError:
            process.close()
            del self._processes[pid], self._known[pid]
            return False
        except OSError:
            return True  # a load that uses up all descriptors leaves none to look with: what was known must do
        return lives

    def _count(
        self, metric: ResourceMetric, pid: int, process: Process, known: dict[ResourceMetric, Mapping[int, float]]
    ) -> None:
        try:
            known[metric] = process.count(metric)
        except PermissionError:
            self._leave_out(metric, f"no permission to read it of process {pid}")
        except ValueError:
            self._leave_out(metric, "this system does not count it by process")

    def _leave_out(self, metric: ResourceMetric, reason: str) -> None:
        self._metrics.remove(metric)
        self.left_out[metric] = reason


def _process(pid: int) -> Process | None:
    try:
        if sys.platform == "linux":
            return ProcProcess(pid)
        from perfreg.measure.psutil_process import PsutilProcess

        return PsutilProcess(pid)
    except OSError:  # it has ended, or there is no descriptor left to look with
        return None


def _uncounted() -> dict[ResourceMetric, str]:
    if sys.platform == "linux":
        return proc_uncounted()
    from perfreg.measure.psutil_process import uncounted

    return uncounted()
