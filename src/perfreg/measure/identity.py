"""Names for runs and for what they measure."""

from __future__ import annotations

import hashlib
import json
import os
import uuid

from perfreg.config.base import ScenarioSpec


def run_id(milliseconds: int) -> str:
    """A UUIDv7 (RFC 9562) for ``milliseconds`` since the epoch: ids sort by time and never collide."""
    random_bits = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & ((1 << 48) - 1)) << 80 | random_bits
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def scenario_hash(spec: ScenarioSpec, *, stress_multiplier: float = 1.0) -> str:
    """A short hash of what a scenario measures; runs are compared only when it is the same."""
    identity = spec.identity()
    if stress_multiplier != 1.0:
        identity["stress_multiplier"] = stress_multiplier
    text = json.dumps(identity, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
