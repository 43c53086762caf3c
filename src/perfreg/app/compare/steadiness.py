"""Whether a service has warmed up: from what it measured in windows of equal length, the newest last."""

from __future__ import annotations

import math
from collections.abc import Sequence

from perfreg.measure.context import Outcome

WINDOW_S = 0.1
"""Length of a window."""
_WINDOWS = 4
_ENOUGH = 0.03
_SURE = 2.0
_ABOUT = 0.1


def is_steady(values: Sequence[float]) -> bool:
    """Whether the newest two windows differ from the two before by no more than the windows of a pair do."""
    if len(values) < _WINDOWS:
        return False
    if any(value <= 0 for value in values[-_WINDOWS:]):
        return True  # nothing that could shrink
    logs = [math.log(value) for value in values[-_WINDOWS:]]
    step = abs(sum(logs[2:]) - sum(logs[:2])) / 2
    spread = max(abs(logs[1] - logs[0]), abs(logs[3] - logs[2]))
    return step <= max(_ENOUGH, spread / _SURE)


def is_back(values: Sequence[float], before: float) -> bool:
    """Whether a service that was started anew is about as fast again as its predecessor was, or faster."""
    return bool(values) and (values[-1] <= 0 or before <= 0 or math.log(values[-1] / before) <= _ABOUT)


def figure(outcome: Outcome) -> float | None:
    """The number of a scenario that shows how warm it is: its first that is better when smaller."""
    found = (
        each.value for each in outcome.measurements if each.nature == "continuous" and each.direction == "lower"
    )  # fmt: skip
    return next(found, None)
