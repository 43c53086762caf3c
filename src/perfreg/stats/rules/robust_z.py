"""Robust standard deviations from the median: the modified z-score.

1.4826 times the median absolute deviation stands for the standard deviation (Iglewicz & Hoaglin 1993, How to Detect
and Handle Outliers; Rousseeuw & Croux 1993, J. Am. Stat. Assoc. 88:1273), so bad runs in the past do not matter.
"""

from __future__ import annotations

from perfreg.stats.rules.rule import FLAT, Case, Rule, Score, flat, relative


def _measure(case: Case) -> Score:
    import numpy as np

    middle = float(np.median(case.past))
    spread = 1.4826 * float(np.median(np.abs(case.past - middle)))
    distance = case.value - middle
    if spread <= FLAT:
        same = abs(distance) <= FLAT
        return Score(score=0.0, base=middle, change_pct=0.0, z=0.0) if same else flat("most of the past runs")
    z = distance / spread
    return Score(score=z, base=middle, change_pct=relative(distance, middle), z=z)


RULE = Rule(
    name="robust_z",
    summary="robust standard deviations (median, MAD) from the median",
    unit="robust standard deviations",
    limit=4.0,
    needs=3,
    keeps_outliers=True,
    measure=_measure,
)
