"""How many processors this process may use."""

from __future__ import annotations

import os
from pathlib import Path

from perfreg.measure import cgroup


def usable(root: Path = cgroup.ROOT) -> float:
    """Those that it may run on, or fewer where a container's limit says so, which need not be whole."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = cgroup.limits(root).cpus
    return float(allowed) if limit is None else min(float(allowed), limit)
