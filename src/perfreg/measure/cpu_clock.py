"""The processor time of processes, as finely as the system counts it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

import psutil

_SCHEDULED = 2
"""Linux: the clock of a process that counts what it was scheduled for (``CPUCLOCK_SCHED``)."""


def cpu_seconds(pids: Iterable[int]) -> float:
    """What these processes have used so far, all their threads included; those that have ended count nothing."""
    return sum(_used(pid) for pid in pids)


def _used(pid: int) -> float:
    if sys.platform == "linux":
        try:
            # What clock_getcpuclockid(3) answers. /proc has ticks of 10 ms, which is a lot of a short block.
            return time.clock_gettime(~pid << 3 | _SCHEDULED)
        except OSError:
            pass  # it has ended, or the kernel is none of ours
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
