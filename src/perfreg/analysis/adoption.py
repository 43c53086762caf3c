"""A sustained improvement becomes the new baseline, so that falling back from it is a regression."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from perfreg.model.metric import Direction

SUSTAINED = 3
"""This many runs in a row must be better: one lucky run is no new level."""


def adopted(values: Sequence[float], direction: Direction, threshold: float) -> int:
    """Index at which the baseline starts, given its values oldest first: that of the last sustained improvement.

    An improvement is sustained when `SUSTAINED` runs in a row, and the median of all that follow, are better than the
    median of the runs before them by more than ``threshold`` (0.15 is 15 %).
    """
    start = 0
    for index in range(1, len(values) - SUSTAINED + 1):
        level = median(values[start:index])
        following = values[index:]
        candidates = (*following[:SUSTAINED], median(following))
        if level > 0 and all(_gain(value, level, direction) > threshold for value in candidates):
            start = index
    return start


def _gain(value: float, level: float, direction: Direction) -> float:
    """How much better ``value`` is than ``level``, as a share of it."""
    if direction == "none":
        return 0.0
    return (level - value) / level if direction == "lower" else (value - level) / level
