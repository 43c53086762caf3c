"""Interval of the change of the mean of the newest runs: changed when it leaves out zero, or the limit in percent.

The interval is Welch's at the significance level; the score is its end that is nearer to zero, and 0 while zero lies
within. That is how far the change goes for certain (Kalibera & Jones 2013, Rigorous benchmarking in reasonable time).
"""

from __future__ import annotations

from dataclasses import replace

from perfreg.stats.rules.rule import Case, Rule, Score, no_answer
from perfreg.stats.rules.welch import RULE as WELCH


def _measure(case: Case) -> Score:
    found = WELCH.measure(case)
    if not found.score:
        return found
    if found.low_pct is None or found.high_pct is None:
        return no_answer("the mean is 0, so there is no percentage")
    certain = max(0.0, found.low_pct) + min(0.0, found.high_pct)
    return replace(found, score=certain, p_value=None)


RULE = Rule(
    name="confidence_interval",
    summary="percent by which the interval of the change of the mean leaves out zero",
    unit="% of change for certain",
    limit=0.0,
    needs=4,
    recent=5,
    keeps_outliers=True,
    measure=_measure,
)
