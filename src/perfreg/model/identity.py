"""Names of runs and of what they hold."""

from __future__ import annotations

import hashlib
import json
import uuid


def uuid7(milliseconds: int, random: bytes) -> str:
    """A UUIDv7 (RFC 9562, section 5.7) for ``milliseconds`` since the epoch and ten ``random`` bytes."""
    value = (milliseconds & ((1 << 48) - 1)) << 80 | int.from_bytes(random, "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def results_hash(tool: str, name: str, definition: str = "") -> str:
    """The hash of a scenario that another tool measures; ``definition`` is that tool's own version of a benchmark."""
    return hashlib.sha256(json.dumps(["results", tool, name, definition]).encode()).hexdigest()[:16]
