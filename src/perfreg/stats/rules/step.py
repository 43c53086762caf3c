"""Step detection by rank-scan: have the newest 3 to 13 runs ranks that the up to 60 before them do not explain?

For each length k the normal scores of the ranks of the newest k runs are summed and standardised (van der Waerden's
two-sample test; Conover 1999, Practical Nonparametric Statistics, section 5.10), and the length with the largest sum
counts, as in change-point scans. Lengths whose medians differ by less than 1.5 % are passed over: a step too small to
matter is none. The limit allows for the six lengths.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from perfreg.stats.ranks import ranks
from perfreg.stats.rules.rule import FLAT, Case, Rule, Score, relative

if TYPE_CHECKING:
    from perfreg.stats.rules.rule import Values

LENGTHS = (3, 4, 6, 8, 10, 13)
SMALLEST_BASE = 8
FLOOR = 0.015


def _measure(case: Case) -> Score:
    import numpy as np

    series = np.append(case.past, case.value)
    scans = [_scan(series, k) for k in LENGTHS if series.size - k >= SMALLEST_BASE]
    return max(scans, key=lambda found: abs(found.score or 0.0))


def _scan(series: Values, k: int) -> Score:
    import numpy as np
    from scipy.special import ndtri

    recent, before = series[-k:], series[max(0, series.size - k - 60) : -k]
    middle = float(np.median(before))
    lead = float(np.median(recent)) - middle
    change = relative(lead, middle)
    if abs(lead) <= max(FLAT, FLOOR * abs(middle)):
        return Score(score=0.0, base=middle, change_pct=change, z=0.0)
    n = recent.size + before.size
    scores = ndtri((ranks(np.concatenate((before, recent))) - 0.375) / (n + 0.25))
    spread = math.sqrt(k * (n - k) / (n * (n - 1)) * float(np.square(scores).sum()))
    z = float(scores[-k:].sum()) / spread
    return Score(score=z if z * lead > 0 else 0.0, base=middle, change_pct=change, z=z if z * lead > 0 else 0.0)


RULE = Rule(
    name="step",
    summary="rank-scan of the newest 3 to 13 runs against up to 60 before",
    unit="standard deviations by rank-scan of the newest runs",
    limit=3.0,
    needs=8,
    recent=3,
    keeps_outliers=True,
    measure=_measure,
)
