"""Trend of a series: is it going anywhere, and how fast?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """``per_run_pct`` is the median slope in percent of the median value for each run, ``p_value`` two-sided."""

    per_run_pct: float
    p_value: float


def trend(values: Sequence[float]) -> Trend | None:
    """Theil-Sen slope with the Mann-Kendall test (Sen 1968, J. Am. Stat. Assoc. 63:1379; Kendall 1975, ch. 4).

    Both rest on the order of pairs, so outliers and the distribution do not matter. Ties are corrected for. None from
    fewer than four values, or around zero.
    """
    import numpy as np

    data = np.asarray(values, dtype=np.float64)
    n = data.size
    middle = float(np.median(data)) if n else 0.0
    if n < 4 or middle == 0:
        return None
    first, second = np.triu_indices(n, k=1)
    differences = data[second] - data[first]
    score = float(np.sign(differences).sum())
    _, ties = np.unique(data, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    slope = float(np.median(differences / (second - first)))
    z = (abs(score) - 1) / math.sqrt(variance) if variance > 0 and score else 0.0
    return Trend(per_run_pct=100 * slope / abs(middle), p_value=math.erfc(max(0.0, z) / math.sqrt(2)))
