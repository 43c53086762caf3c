"""Ratio to the run before: the rule of github-action-benchmark (``alert-threshold``, 200 % by default)."""

from __future__ import annotations

from perfreg.stats.rules.rule import Case, Rule, Score, no_answer, percent


def _measure(case: Case) -> Score:
    """How many times the run before, or minus how many times less: 2 is twice as much, -2 is half."""
    before = float(case.past[-1])
    if before <= 0 or case.value <= 0:
        return no_answer("a ratio needs numbers above zero")
    ratio = case.value / before
    score = 0.0 if ratio == 1 else ratio if ratio > 1 else -1 / ratio
    return Score(score=score, base=before, change_pct=percent(ratio))


RULE = Rule(
    name="ratio",
    summary="times the run before",
    unit="times the run before",
    limit=2.0,
    keeps_outliers=True,
    measure=_measure,
)
