"""What the host or a group of processes uses, as the operating system counts it (read by psutil)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from perfreg.config.base import ResourceMetric

if TYPE_CHECKING:
    import psutil

_BUSY = ("user", "nice", "system", "irq", "softirq", "steal")
_REFRESH_S = 0.5
_HOST = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One look at the counters of each process, the host being process 0; ``at`` is a monotonic time in seconds.

    cpu_usage counts seconds so far (of the host: seconds of all its processors), disk_io and network_io bytes so
    far, and memory_usage is bytes now.
    """

    at: float
    counters: dict[ResourceMetric, dict[int, float]]


class Resources(Protocol):
    """Something whose use of resources can be read. ``warnings`` tell what cannot be."""

    warnings: list[str]

    def read(self) -> Reading | None:
        """The counters now; None when there is nothing left to read."""


class HostResources:
    """The whole machine. Memory is what new programs cannot have; network traffic includes the loopback's."""

    def __init__(self, metrics: Sequence[ResourceMetric]) -> None:
        self.warnings: list[str] = []
        self._metrics = list(metrics)

    def read(self) -> Reading:
        """The counters of the machine."""
        at = time.monotonic()
        values = {metric: _HOST_COUNTERS[metric]() for metric in self._metrics}
        for metric in [metric for metric, value in values.items() if value is None]:
            self._metrics.remove(metric)
            self.warnings.append(f"{metric} is left out: this machine does not count it")
        return Reading(at=at, counters={m: {_HOST: value} for m, value in values.items() if value is not None})


def _host_cpu() -> float:
    import psutil

    times = psutil.cpu_times()
    return float(sum(getattr(times, name, 0.0) for name in _BUSY)) / (psutil.cpu_count() or 1)


def _host_memory() -> float:
    import psutil

    memory = psutil.virtual_memory()
    return float(memory.total - memory.available)


def _host_disk() -> float | None:
    import psutil

    counters = psutil.disk_io_counters()
    return None if counters is None else float(counters.read_bytes + counters.write_bytes)


def _host_network() -> float | None:
    import psutil

    interfaces = psutil.net_io_counters(pernic=True).values()
    return float(sum(each.bytes_sent + each.bytes_recv for each in interfaces)) if interfaces else None


_HOST_COUNTERS: dict[ResourceMetric, Callable[[], float | None]] = {
    "cpu_usage": _host_cpu,
    "memory_usage": _host_memory,
    "disk_io": _host_disk,
    "network_io": _host_network,
}


class ProcessResources:
    """A changing group of processes, listed anew twice a second.

    Memory is the resident set, so pages that processes share count in each. Disk bytes are those that reached the
    storage layer, not those answered by the page cache (on Linux). Where one process may not be read, the metric
    is left out: a sum of the others would look like an improvement.
    """

    def __init__(self, list_ids: Callable[[], list[int]], metrics: Sequence[ResourceMetric]) -> None:
        import psutil

        self.warnings: list[str] = []
        self._list_ids = list_ids
        self._metrics = list(metrics)
        self._processes: dict[int, psutil.Process] = {}
        self._listed_at = float("-inf")
        if "network_io" in metrics:
            self._leave_out("network_io", "systems do not count it by process, only for the whole host")
        if "disk_io" in metrics and not hasattr(psutil.Process, "io_counters"):
            self._leave_out("disk_io", "this system does not count it by process")

    def read(self) -> Reading | None:
        """The counters of every process; None when none is alive."""
        import psutil

        at = time.monotonic()
        if at - self._listed_at >= _REFRESH_S:
            self._refresh()
            self._listed_at = at
        alive = False
        counters: dict[ResourceMetric, dict[int, float]] = {}
        for pid, process in self._processes.items():
            try:
                with process.oneshot():
                    values = self._read(process)
                    alive |= process.status() != psutil.STATUS_ZOMBIE
            except psutil.NoSuchProcess:
                continue
            for metric, value in values.items():
                counters.setdefault(metric, {})[pid] = value
        return Reading(at=at, counters={m: counters[m] for m in self._metrics if m in counters}) if alive else None

    def _refresh(self) -> None:
        found = {pid: self._processes.get(pid) or _process(pid) for pid in self._list_ids()}
        self._processes = {pid: process for pid, process in found.items() if process is not None}

    def _read(self, process: psutil.Process) -> dict[ResourceMetric, float]:
        values = {metric: self._counter(metric, process) for metric in tuple(self._metrics)}
        return {metric: value for metric, value in values.items() if value is not None}

    def _counter(self, metric: ResourceMetric, process: psutil.Process) -> float | None:
        import psutil

        try:
            return _PROCESS_COUNTERS[metric](process)
        except psutil.AccessDenied:
            self._leave_out(metric, f"no permission to read it of process {process.pid}")
            return None

    def _leave_out(self, metric: ResourceMetric, reason: str) -> None:
        self._metrics.remove(metric)
        self.warnings.append(f"{metric} is left out: {reason}")


def _process(pid: int) -> psutil.Process | None:
    import psutil

    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def _process_cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    # What a finished child used is added to its parent's account, so children too short to be seen count too.
    return float(times.user + times.system + times.children_user + times.children_system)


def _process_memory(process: psutil.Process) -> float:
    return float(process.memory_info().rss)


def _process_disk(process: psutil.Process) -> float:
    counters = process.io_counters()
    return float(counters.read_bytes + counters.write_bytes)


_PROCESS_COUNTERS: dict[ResourceMetric, Callable[[psutil.Process], float]] = {
    "cpu_usage": _process_cpu,
    "memory_usage": _process_memory,
    "disk_io": _process_disk,
}
