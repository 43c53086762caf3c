"""Which runs may be forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from perfreg.model.history import RunFacts

ALWAYS_KEPT = 20
"""The newest trusted runs of each environment are kept whatever their age: without them there is no baseline."""


def forgettable(runs: Sequence[RunFacts], trusted: frozenset[str], *, most: int | None, since: str) -> tuple[str, ...]:
    """Ids of the runs (given oldest first) beyond the newest ``most``, and of those that started before ``since``."""
    kept_trusted: Counter[str] = Counter()
    forgotten: list[str] = []
    for position, run in enumerate(reversed(runs)):
        if run.id in trusted and kept_trusted[run.environment] < ALWAYS_KEPT:
            kept_trusted[run.environment] += 1
        elif (most is not None and position >= most) or run.started_at < since:
            forgotten.append(run.id)
    return tuple(reversed(forgotten))
