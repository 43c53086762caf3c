"""Change to the run before against Q3 + 3 IQR of the earlier changes: the significance threshold of rustc-perf.

The score is the relative change divided by that threshold, so its limit is 1.
"""

from __future__ import annotations

from perfreg.stats.rules.rule import FLAT, Case, Rule, Score, flat, no_answer, percent


def _measure(case: Case) -> Score:
    import numpy as np

    if not case.positive:
        return no_answer("relative changes need numbers above zero")
    low, high = (float(each) for each in np.percentile(np.abs(np.diff(case.past) / case.past[:-1]), (25, 75)))
    threshold = high + 3 * (high - low)
    before = float(case.past[-1])
    change = case.value / before - 1
    if threshold <= FLAT:
        same = abs(change) <= FLAT
        return Score(score=0.0, base=before, change_pct=0.0) if same else flat("the changes between past runs")
    return Score(score=change / threshold, base=before, change_pct=percent(1 + change))


RULE = Rule(
    name="change_iqr",
    summary="change to the run before, in thresholds of Q3 + 3 IQR of the earlier changes",
    unit="times the third quartile + 3 interquartile ranges of the earlier changes",
    limit=1.0,
    needs=4,
    keeps_outliers=True,
    measure=_measure,
)
