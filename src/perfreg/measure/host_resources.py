"""What the whole machine uses, as the operating system counts it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

from perfreg.config.base import ResourceMetric
from perfreg.measure.proc import text
from perfreg.measure.proc.files import read
from perfreg.measure.resources import Reading, Turn

_BUSY = ("user", "nice", "system", "irq", "softirq", "steal")
_HOST = 0
_DEAR: frozenset[ResourceMetric] = frozenset({"disk_io", "network_io"})
"""psutil goes through every disk and every interface."""


class HostResources:
    """The whole machine. Memory is what new programs cannot have; network traffic includes the loopback's."""

    def __init__(self, metrics: Sequence[ResourceMetric]) -> None:
        self.left_out: dict[ResourceMetric, str] = {}
        self._metrics = list(metrics)
        self._dear = Turn()

    def read(self, *, thorough: bool = False) -> Reading:
        """The counters of the machine."""
        at, began = time.monotonic(), time.thread_time()
        dear = thorough or self._dear.has_come(at)
        values = {metric: _COUNTERS[metric]() for metric in self._metrics if dear or metric not in _DEAR}
        if dear:
            self._dear.took(at, time.thread_time() - began)
        for metric in [metric for metric, value in values.items() if value is None]:
            self._metrics.remove(metric)
            self.left_out[metric] = "this machine does not count it"
        return Reading(at=at, counters={m: {_HOST: value} for m, value in values.items() if value is not None})

    def close(self) -> None:
        """Nothing is held."""


def _cpu() -> float:
    import psutil

    times = psutil.cpu_times()
    return float(sum(getattr(times, name, 0.0) for name in _BUSY)) / (psutil.cpu_count() or 1)


def _memory() -> float:
    import psutil

    memory = psutil.virtual_memory()
    return float(memory.total - memory.available)


def _disk() -> float | None:
    import psutil

    counters = psutil.disk_io_counters()
    return None if counters is None else float(counters.read_bytes + counters.write_bytes)


def _network() -> float | None:
    import psutil

    interfaces = psutil.net_io_counters(pernic=True).values()
    return float(sum(each.bytes_sent + each.bytes_recv for each in interfaces)) if interfaces else None


def _switches() -> float:
    import psutil

    return float(psutil.cpu_stats().ctx_switches)


def _threads() -> float | None:
    return _counted("/proc/loadavg", text.threads_of_host)


def _files() -> float | None:
    return _counted("/proc/sys/fs/file-nr", text.open_files_of_host)


def _counted(path: str, parse: Callable[[bytes], int]) -> float | None:
    """A count of Linux that psutil has not; None elsewhere."""
    try:
        return float(parse(read(path))) if sys.platform == "linux" else None
    except (OSError, ValueError):
        return None


_COUNTERS: dict[ResourceMetric, Callable[[], float | None]] = {
    "cpu_usage": _cpu,
    "memory_usage": _memory,
    "memory_usage_mean": _memory,
    "disk_io": _disk,
    "network_io": _network,
    "context_switches": _switches,
    "threads": _threads,
    "open_files": _files,
}
