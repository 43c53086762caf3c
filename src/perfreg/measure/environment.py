"""Where a run is made, and the key that keeps baselines of different machines apart."""

from __future__ import annotations

import hashlib
import json
import math
import platform
from collections.abc import Mapping
from pathlib import Path

from perfreg.measure import cgroup, processors
from perfreg.model.run import Environment


def detect(env: Mapping[str, str], *, name: str = "", root: Path = cgroup.ROOT) -> Environment:
    """Describe this machine; ``name`` is the configuration's environment, which has baselines of its own.

    The limits of a container are part of the key by what they leave: two processors are two, whoever counts them.
    """
    limits = cgroup.limits(root)
    cpu_model, cpus, memory_mb = _cpu_model(), processors.usable(root), _memory_mb(limits.memory)
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
        cpu_limit=limits.cpus,
        memory_limit_mb=None if limits.memory is None else limits.memory // 1_000_000,
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


def _memory_mb(limit: int | None) -> int:
    """Memory this process may use in MB: the machine's, or less when a limit says so."""
    import psutil

    total = int(psutil.virtual_memory().total)
    return (total if limit is None else min(total, limit)) // 1_000_000
