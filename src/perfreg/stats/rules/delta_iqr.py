"""Change from the median in interquartile ranges of the relative changes from run to run: Bencher's ``delta_iqr``."""

from __future__ import annotations

from perfreg.stats.rules.rule import FLAT, Case, Rule, Score, flat, no_answer, percent


def _measure(case: Case) -> Score:
    import numpy as np

    if not case.positive:
        return no_answer("relative changes need numbers above zero")
    low, high = (float(each) for each in np.percentile(np.abs(np.diff(case.past) / case.past[:-1]), (25, 75)))
    middle = float(np.median(case.past))
    change = case.value / middle - 1
    if high - low <= FLAT:
        same = abs(change) <= FLAT
        return Score(score=0.0, base=middle, change_pct=0.0) if same else flat("the changes between past runs")
    return Score(score=change / (high - low), base=middle, change_pct=percent(1 + change))


RULE = Rule(
    name="delta_iqr",
    summary="change from the median in interquartile ranges of run-to-run changes",
    unit="interquartile ranges of run-to-run changes",
    limit=3.0,
    needs=3,
    keeps_outliers=True,
    measure=_measure,
)
