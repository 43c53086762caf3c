"""Student's t of one new run against the past ones: Bencher's ``t_test``.

The new run is judged by a prediction interval, so the spread is that of the runs times sqrt(1 + 1/n) (Hahn & Meeker
1991, Statistical Intervals, section 4.3). The score is the normal deviate of the same probability, so that a limit
means the same however many runs there are: Bencher's boundary 0.99 is 2.33.
"""

from __future__ import annotations

import math

from perfreg.stats.rules.rule import FLAT, Case, Rule, Score, flat, relative, sigmas


def _measure(case: Case) -> Score:
    from scipy.special import stdtr, stdtrit

    n = case.past.size
    mean = float(case.past.mean())
    distance = case.value - mean
    spread = float(case.past.std(ddof=1)) * math.sqrt(1 + 1 / n)
    if spread <= FLAT:
        same = abs(distance) <= FLAT
        return Score(score=0.0, base=mean, change_pct=0.0, p_value=1.0, z=0.0) if same else flat("the past runs")
    t = distance / spread
    p_value = min(1.0, 2 * float(stdtr(n - 1, -abs(t))))
    reach = float(stdtrit(n - 1, 1 - case.level / 2)) * spread
    z = sigmas(p_value, t)
    return Score(
        score=z,
        base=mean,
        change_pct=relative(distance, mean),
        low_pct=relative(distance - reach, mean),
        high_pct=relative(distance + reach, mean),
        p_value=p_value,
        z=z,
    )


RULE = Rule(
    name="t",
    summary="Student's t of the new run",
    unit="standard deviations by Student's t",
    needs=2,
    measure=_measure,
)
