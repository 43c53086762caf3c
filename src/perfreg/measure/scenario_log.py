"""The file that the output of a measured process goes to."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def log_file(output: Path, scenario: str) -> Path:
    """The log of a scenario below ``output``, which is made; a name that is no file name gets a hash."""
    output.mkdir(parents=True, exist_ok=True)
    name = _UNSAFE.sub("-", scenario)[:80]
    if name != scenario:
        name = f"{name}-{hashlib.sha256(scenario.encode()).hexdigest()[:8]}"
    return output / f"scenario-{name}.log"
