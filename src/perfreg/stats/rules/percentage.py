"""Percentage of the mean of the past runs: Bencher's ``percentage`` test, and most hand-made gates."""

from __future__ import annotations

from perfreg.stats.rules.rule import FLAT, Case, Rule, Score, no_answer, relative


def _measure(case: Case) -> Score:
    mean = float(case.past.mean())
    if abs(mean) <= FLAT:
        return Score(score=0.0, base=0.0) if case.value == 0 else no_answer("the mean is 0, so there is no percentage")
    change = relative(case.value - mean, mean)
    return Score(score=change, base=mean, change_pct=change)


RULE = Rule(
    name="percentage",
    summary="percent of the mean of the past runs",
    unit="% of the mean",
    limit=20.0,
    measure=_measure,
)
