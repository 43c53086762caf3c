"""Names for runs and for what they measure."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from perfreg.config.base import ScenarioSpec
from perfreg.model.identity import uuid7


def run_id(milliseconds: int) -> str:
    """A UUIDv7 (RFC 9562) for ``milliseconds`` since the epoch: ids sort by time and never collide."""
    return uuid7(milliseconds, os.urandom(10))


def scenario_hash(spec: ScenarioSpec, *, stress_multiplier: float = 1.0, directory: Path = Path()) -> str:
    """A short hash of what a scenario measures; runs are compared only when it is the same.

    The files that belong to it start at ``directory``.
    """
    identity = spec.identity()
    if stress_multiplier != 1.0:
        identity["stress_multiplier"] = stress_multiplier
    if files := spec.files():
        identity["files"] = [_content_hash(directory / name) for name in files]
    text = json.dumps(identity, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _content_hash(path: Path) -> str:
    """Empty for a file that has gone: whoever needs it complains of that."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
