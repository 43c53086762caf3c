"""Moderated t: perfreg's own rule for one new run, which does not trust the spread of a handful of runs.

See `perfreg.stats.predict` (Smyth 2004, Statistical Applications in Genetics and Molecular Biology 3:1).
"""

from __future__ import annotations

from perfreg.stats.predict import compare
from perfreg.stats.rules.rule import FLAT, Case, Rule, Score, no_answer


def _measure(case: Case) -> Score:
    past = case.past.tolist()
    if not case.positive and abs(float(case.past.mean())) <= FLAT:
        zero = case.value == 0 and not case.past.any()
        if zero:
            return Score(score=0.0, base=0.0, change_pct=0.0, p_value=1.0, z=0.0)
        return no_answer("the baseline is 0, so there is no percentage; give the metric a budget")
    found = compare(case.value, case.error, past, case.errors, level=case.level)
    if found is None:
        return no_answer("the baseline is 0, so there is no percentage; give the metric a budget")
    return Score(
        score=found.z,
        base=found.base,
        change_pct=found.change_pct,
        low_pct=found.low_pct,
        high_pct=found.high_pct,
        p_value=found.p_value,
        z=found.z,
    )


RULE = Rule(
    name="moderated_t",
    summary="standard deviations from the past runs, their spread moderated",
    unit="standard deviations",
    measure=_measure,
)
