"""Welch's t of the newest runs against those before (5 against 30 by default)."""

from __future__ import annotations

from perfreg.stats.means import welch
from perfreg.stats.rules.rule import FLAT, Case, Rule, Score, flat, relative, sigmas


def _measure(case: Case) -> Score:
    before, recent = case.parts()
    mean = float(before.mean())
    found = welch(before, recent, level=case.level)
    if found is None:
        same = abs(float(recent.mean()) - mean) <= FLAT
        return Score(score=0.0, base=mean, change_pct=0.0, p_value=1.0, z=0.0) if same else flat("the runs")
    z = sigmas(found.p_value, found.t)
    return Score(
        score=z,
        base=mean,
        change_pct=relative(found.difference, mean),
        low_pct=relative(found.difference - found.reach, mean),
        high_pct=relative(found.difference + found.reach, mean),
        p_value=found.p_value,
        z=z,
    )


RULE = Rule(
    name="welch",
    summary="Welch's t of the newest runs against those before",
    unit="standard deviations by Welch's t of the newest runs",
    needs=4,
    recent=5,
    keeps_outliers=True,
    measure=_measure,
)
