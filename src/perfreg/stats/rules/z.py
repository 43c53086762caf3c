"""Standard deviations from the mean of the past runs: Bencher's ``z_score`` test, and the classic control chart.

The spread is that of the past runs themselves (divided by n), as Bencher has it: with few runs it is too small, and
so are the tails of a normal distribution for what continuous integration does. The rule is here for moving in.
"""

from __future__ import annotations

import math

from perfreg.stats.rules.rule import FLAT, Case, Rule, Score, flat, relative


def _measure(case: Case) -> Score:
    from scipy.special import ndtri

    mean, spread = float(case.past.mean()), float(case.past.std())
    distance = case.value - mean
    if spread <= FLAT:
        return Score(score=0.0, base=mean, change_pct=0.0, z=0.0) if abs(distance) <= FLAT else flat("the past runs")
    z = distance / spread
    reach = -float(ndtri(case.level / 2)) * spread
    return Score(
        score=z,
        base=mean,
        change_pct=relative(distance, mean),
        low_pct=relative(distance - reach, mean),
        high_pct=relative(distance + reach, mean),
        p_value=math.erfc(abs(z) / math.sqrt(2)),
        z=z,
    )


RULE = Rule(
    name="z",
    summary="standard deviations from the mean",
    unit="standard deviations",
    limit=3.0,
    needs=2,
    measure=_measure,
)
