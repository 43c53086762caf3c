"""Student's t with weights that fall with the distance: Mozilla's Perfherder (12 runs against 24 before, t above 7).

Both means give the runs next to the step the most weight; the variances around them count all runs alike.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from perfreg.stats.rules.rule import FLAT, Case, Rule, Score, flat, relative

if TYPE_CHECKING:
    from perfreg.stats.rules.rule import Values


def _measure(case: Case) -> Score:
    before, recent = case.parts()
    old, old_error = _weighted(before[::-1])
    new, new_error = _weighted(recent)
    distance, error = new - old, math.hypot(old_error, new_error)
    if error <= FLAT:
        same = abs(distance) <= FLAT
        return Score(score=0.0, base=old, change_pct=0.0, z=0.0) if same else flat("the runs")
    t = distance / error
    return Score(score=t, base=old, change_pct=relative(distance, old), z=t)


def _weighted(nearest_first: Values) -> tuple[float, float]:
    """The mean under weights that fall linearly, and the standard error that Perfherder gives it."""
    import numpy as np

    size = nearest_first.size
    mean = float(np.average(nearest_first, weights=np.arange(size, 0, -1)))
    variance = float(np.square(nearest_first - mean).sum()) / max(1, size - 1)
    return mean, math.sqrt(variance / size)


RULE = Rule(
    name="weighted_t",
    summary="t of the newest runs against those before, weighted by nearness",
    unit="standard errors by the weighted t of the newest runs",
    limit=7.0,
    needs=4,
    recent=12,
    before=24,
    keeps_outliers=True,
    measure=_measure,
)
