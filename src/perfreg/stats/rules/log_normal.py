"""Standard deviations of the logarithms: Bencher's ``log_normal`` test, for times that cannot fall below zero."""

from __future__ import annotations

import math

from perfreg.stats.rules.rule import FLAT, Case, Rule, Score, flat, no_answer, percent


def _measure(case: Case) -> Score:
    import numpy as np
    from scipy.special import ndtri

    if not case.positive:
        return no_answer("logarithms need numbers above zero")
    logs = np.log(case.past)
    center, spread = float(logs.mean()), float(logs.std())
    distance = math.log(case.value) - center
    base = math.exp(center)
    if spread <= FLAT:
        same = abs(distance) <= FLAT
        return Score(score=0.0, base=base, change_pct=0.0, z=0.0) if same else flat("the past runs")
    z = distance / spread
    reach = -float(ndtri(case.level / 2)) * spread
    low, change, high = (percent(math.exp(min(x, 50.0))) for x in (distance - reach, distance, distance + reach))
    return Score(
        score=z,
        base=base,
        change_pct=change,
        low_pct=low,
        high_pct=high,
        p_value=math.erfc(abs(z) / math.sqrt(2)),
        z=z,
    )


RULE = Rule(
    name="log_normal",
    summary="standard deviations of the logarithms from their mean",
    unit="standard deviations of the logarithms",
    limit=3.0,
    needs=2,
    measure=_measure,
)
