"""Records of a store for tests that care about sets, not about contents."""

from __future__ import annotations

from perfreg.publish.stores.backend import Edit
from perfreg.store.exchange import Line, Shards, canonical, read, shards_of, union


def record(number: int, text: str = "") -> Shards:
    """A store of one event, in one of two months."""
    month = "019a" if number % 2 else "019b"
    document = {"id": f"{month}c2d8-8000-7000-8000-{number:012x}", "kind": "event", "v": 1, "text": text}
    return shards_of([canonical(document)])


def numbers(shards: Shards) -> list[int]:
    """Which `record` there are."""
    return sorted(int(line.id[-12:], 16) for line in read(shards) if isinstance(line, Line))


def add(*stores: Shards) -> Edit:
    """The edit that adds ``stores``."""
    return lambda before: union(before, *stores)
