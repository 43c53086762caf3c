"""The counters of one process, as psutil reads them on every system."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import psutil

from perfreg.config.base import ResourceMetric


class PsutilProcess:
    """One process. An id that another process has taken over meanwhile is not taken for it."""

    def __init__(self, pid: int) -> None:
        """Raise `ProcessLookupError` when there is no such process."""
        self._pid = pid
        with _errors():
            self._process = psutil.Process(pid)

    def look(self) -> bool:
        """Whether it lives. Raises `ProcessLookupError` when it is gone."""
        with _errors():
            return self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE

    def close(self) -> None:
        """Nothing is held."""

    def children(self) -> list[int]:
        """None: to find them, all processes have to be listed."""
        return []

    def count(self, metric: ResourceMetric) -> Mapping[int, float]:
        """What it has used, or has now.

        Raises `PermissionError` for what may not be read and `ProcessLookupError` when it is gone.
        """
        with _errors():
            return {self._pid: _COUNTERS[metric](self._process)}


def uncounted() -> dict[ResourceMetric, str]:
    """What this system does not count of a process, and why."""
    found: dict[ResourceMetric, str] = {"network_io": "systems do not count it by process, only for the whole host"}
    if not hasattr(psutil.Process, "io_counters"):
        found["disk_io"] = "this system does not count it by process"
    return found


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except psutil.NoSuchProcess as error:
        raise ProcessLookupError(str(error)) from error
    except psutil.AccessDenied as error:
        raise PermissionError(str(error)) from error


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    # What a finished child used is added to its parent's account, so children too short to be seen count too.
    return float(times.user + times.system + times.children_user + times.children_system)


def _memory(process: psutil.Process) -> float:
    return float(process.memory_info().rss)


def _disk(process: psutil.Process) -> float:
    counters = process.io_counters()
    return float(counters.read_bytes + counters.write_bytes)


def _switches(process: psutil.Process) -> float:
    counters = process.num_ctx_switches()
    return float(counters.voluntary + counters.involuntary)


def _threads(process: psutil.Process) -> float:
    return float(process.num_threads())


def _files(process: psutil.Process) -> float:
    count: Callable[[], int] = getattr(process, "num_handles" if sys.platform == "win32" else "num_fds")
    return float(count())


_COUNTERS: dict[ResourceMetric, Callable[[psutil.Process], float]] = {
    "cpu_usage": _cpu,
    "memory_usage": _memory,
    "memory_usage_mean": _memory,
    "disk_io": _disk,
    "context_switches": _switches,
    "threads": _threads,
    "open_files": _files,
}
