"""Interquartile ranges from the median of the past runs: Bencher's ``iqr`` test."""

from __future__ import annotations

from perfreg.stats.rules.rule import FLAT, Case, Rule, Score, flat, relative


def _measure(case: Case) -> Score:
    import numpy as np

    low, middle, high = (float(each) for each in np.percentile(case.past, (25, 50, 75)))
    distance = case.value - middle
    if high - low <= FLAT:
        same = abs(distance) <= FLAT
        return Score(score=0.0, base=middle, change_pct=0.0) if same else flat("the quartiles of the past runs")
    return Score(score=distance / (high - low), base=middle, change_pct=relative(distance, middle))


RULE = Rule(
    name="iqr",
    summary="interquartile ranges from the median",
    unit="interquartile ranges from the median",
    limit=3.0,
    needs=2,
    keeps_outliers=True,
    measure=_measure,
)
