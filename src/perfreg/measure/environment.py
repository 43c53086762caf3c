"""Where a run is made, and the key that keeps baselines of different machines apart."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
from collections.abc import Mapping
from pathlib import Path

from perfreg.model.run import Environment

_CGROUP = Path("/sys/fs/cgroup")


def detect(env: Mapping[str, str], *, name: str = "") -> Environment:
    """Describe this machine; ``name`` is the configuration's environment, which has baselines of its own."""
    cpu_model, cpus, memory_mb = _cpu_model(), _cpus(), _memory_mb()
    system = platform.system()
    # A class per power of two: two runners of one type differ by some megabytes of firmware, not by a factor.
    memory_class = round(math.log2(max(memory_mb, 1)))
    image = env.get("ImageOS", "")
    identity = [name, system, platform.machine(), cpu_model, cpus, memory_class, image]
    return Environment(
        key=hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16],
        name=name,
        os=f"{system} {platform.release()}",
        architecture=platform.machine(),
        cpu_model=cpu_model,
        cpus=cpus,
        memory_mb=memory_mb,
        runner_image=" ".join(part for part in (image, env.get("ImageVersion", "")) if part),
        interpreter=f"{platform.python_implementation()} {platform.python_version()}",
    )


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model", "cpu model")))
    return next(named, "") or platform.processor() or platform.machine()


def _cpus() -> float:
    """Processors this process may use: its affinity, or less when a cgroup quota says so."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _read(_CGROUP / "cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit():
        return min(float(allowed), int(quota) / int(period))
    return float(allowed)


def _memory_mb() -> int:
    """Memory this process may use in MB: the machine's, or less when a cgroup limit says so."""
    import psutil

    total = int(psutil.virtual_memory().total)
    limit = _read(_CGROUP / "memory.max")
    return (min(total, int(limit)) if limit.isdigit() else total) // 1_000_000


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
