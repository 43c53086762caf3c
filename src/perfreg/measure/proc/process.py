"""The counters of one process, from /proc."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from perfreg.config.base import ResourceMetric
from perfreg.measure.proc import text
from perfreg.measure.proc.files import MOST, opened, read

PROC = "/proc"


def tick_s() -> float:
    """Seconds of a clock tick."""
    return 1 / os.sysconf("SC_CLK_TCK")


def uncounted() -> dict[ResourceMetric, str]:
    """What this kernel does not count of a process, and why."""
    found: dict[ResourceMetric, str] = {"network_io": "systems do not count it by process, only for the whole host"}
    if not Path(PROC, "self", "io").exists():
        found["disk_io"] = "this kernel does not count it by process"
    return found


class ProcProcess:
    """One process. An id that another process has taken over meanwhile is not taken for it."""

    def __init__(self, pid: int) -> None:
        """Take a first look; raise `ProcessLookupError` when there is no such process."""
        self._path = f"{PROC}/{pid}"
        self._pid = pid
        self._tick_s = tick_s()
        self._page = os.sysconf("SC_PAGE_SIZE")
        # Kept open, it is read in half the time, and stays that of this process.
        self._open: int | None = opened(f"{self._path}/stat")
        try:
            self.look()
        except OSError:
            self.close()
            raise

    def look(self) -> bool:
        """Read what most counters come from; whether it lives. Raises `ProcessLookupError` when it is gone."""
        if self._open is None:
            raise ProcessLookupError(self._pid)
        self._stat = text.process_stat(os.pread(self._open, MOST, 0))
        return not self._stat.is_dead

    def close(self) -> None:
        """Let go of it; nobody looks at it any more."""
        if self._open is not None:
            os.close(self._open)
            self._open = None

    def children(self) -> list[int]:
        """Those that its first thread has started, as far as this kernel tells: a listing of all processes finds more.

        It costs a hundredth of that.
        """
        try:
            return [int(pid) for pid in read(f"{self._path}/task/{self._pid}/children").split()]
        except (OSError, ValueError):
            return []

    def count(self, metric: ResourceMetric) -> Mapping[int, float]:
        """What `look` saw, or is to be seen now: of the process, or of each of its threads.

        Raises `PermissionError` for what may not be read, `ValueError` for what is not counted, and
        `ProcessLookupError` when it is gone.
        """
        seen = self._stat
        if metric == "cpu_usage":
            # What a finished child used is added to its parent's account: children too short to be seen count too.
            return {self._pid: (seen.own + seen.inherited) * self._tick_s}
        if metric in ("memory_usage", "memory_usage_mean"):
            return {self._pid: float(seen.pages * self._page)}
        if metric == "threads":
            return {self._pid: float(seen.threads)}
        if metric == "disk_io":
            return {self._pid: float(text.disk_bytes(read(f"{self._path}/io")))}
        if metric == "open_files":
            return {self._pid: float(self._open_files())}
        if metric == "context_switches":
            return self._context_switches()
        raise ValueError(metric)

    def _open_files(self) -> int:
        path = f"{self._path}/fd"
        try:
            # Since Linux 6.2 the size of the directory is their number. Before it is 0, and they have to be listed.
            return os.stat(path).st_size or len(os.listdir(path))  # noqa: PTH116, PTH208 - the hot path
        except FileNotFoundError:
            raise ProcessLookupError(self._pid) from None

    def _context_switches(self) -> dict[int, float]:
        """By thread: the kernel adds them up for nobody."""
        if self._stat.threads == 1:
            return {self._pid: float(text.context_switches(read(f"{self._path}/status")))}
        tasks = f"{self._path}/task"
        found: dict[int, float] = {}
        try:
            threads = os.listdir(tasks)  # noqa: PTH208 - the hot path
        except FileNotFoundError:
            raise ProcessLookupError(self._pid) from None
        for thread in threads:
            try:
                found[int(thread)] = float(text.context_switches(read(f"{tasks}/{thread}/status")))
            except ProcessLookupError:
                continue  # this thread has just ended
        return found
