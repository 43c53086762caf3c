"""Interquartile ranges beyond the nearer quartile: the fence of a box plot (Tukey 1977, Exploratory Data Analysis)."""

from __future__ import annotations

from perfreg.stats.rules.rule import FLAT, Case, Rule, Score, flat, relative


def _measure(case: Case) -> Score:
    import numpy as np

    low, middle, high = (float(each) for each in np.percentile(case.past, (25, 50, 75)))
    beyond = max(0.0, case.value - high) + min(0.0, case.value - low)
    if high - low <= FLAT:
        same = abs(beyond) <= FLAT
        return Score(score=0.0, base=middle, change_pct=0.0) if same else flat("the quartiles of the past runs")
    return Score(score=beyond / (high - low), base=middle, change_pct=relative(case.value - middle, middle))


RULE = Rule(
    name="tukey",
    summary="interquartile ranges beyond the quartile",
    unit="interquartile ranges beyond the quartile",
    limit=1.5,
    needs=4,
    keeps_outliers=True,
    measure=_measure,
)
