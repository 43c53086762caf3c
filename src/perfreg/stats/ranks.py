"""Tests that look at the order of values alone: Mann-Whitney, for runs and for samples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Values = NDArray[np.float64]

_EXACT = 400
"""Largest product of both sizes for which the exact distribution is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankTest:
    """``z`` is positive when the second group is larger, ``p_value`` two-sided, ``shift`` its median lead.

    ``superiority`` is the chance that a value of the second group is above one of the first; ties count half.
    """

    z: float
    p_value: float
    shift: float
    superiority: float


def ranks(values: ArrayLike) -> Values:
    """Ranks from 1; equal values share the mean of theirs."""
    import numpy as np

    data = np.asarray(values, dtype=np.float64)
    _, inverse, counts = np.unique(data, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse.reshape(-1)]


def mann_whitney(first: ArrayLike, second: ArrayLike) -> RankTest | None:
    """Whether ``second`` tends to be larger than ``first`` (Mann & Whitney 1947, Ann. Math. Stat. 18:50).

    Exact for small groups without ties, otherwise by the normal approximation with ties and continuity corrected
    (Hollander & Wolfe 1999, section 4.1). The shift is Hodges and Lehmann's. None when a group is empty or all values
    are equal, as then nothing can be told.
    """
    import numpy as np

    before, after = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    n, m = before.size, after.size
    together = np.concatenate((before, after))
    if n == 0 or m == 0 or together.min() == together.max():
        return None
    u = float(ranks(together)[n:].sum()) - m * (m + 1) / 2
    _, ties = np.unique(together, return_counts=True)
    total = n + m
    variance = n * m / 12 * (total + 1 - float((ties**3.0 - ties).sum()) / (total * (total - 1)))
    distance = u - n * m / 2
    z = math.copysign(max(0.0, abs(distance) - 0.5) / math.sqrt(variance), distance) if variance > 0 else 0.0
    exact = n * m <= _EXACT and bool((ties == 1).all())
    p_value = _exact_p(n, m, int(u)) if exact else math.erfc(abs(z) / math.sqrt(2))
    return RankTest(z=z, p_value=p_value, shift=_shift(before, after), superiority=u / (n * m))


def _shift(before: Values, after: Values) -> float:
    import numpy as np

    if before.size * after.size > 1_000_000:  # the medians differ by much the same, without a million differences
        return float(np.median(after) - np.median(before))
    return float(np.median(np.subtract.outer(after, before)))


def _exact_p(n: int, m: int, u: int) -> float:
    tail = _distribution(n, m)[: min(u, n * m - u) + 1]
    return min(1.0, 2 * math.fsum(tail))


@lru_cache(maxsize=256)
def _distribution(n: int, m: int) -> tuple[float, ...]:
    """The probability of each value of U, from the generating function prod (1 - q^(n+i)) / (1 - q^i), i = 1 … m."""
    import numpy as np

    counts = np.zeros(n * m + 1)
    counts[0] = 1
    for i in range(1, m + 1):
        if n + i <= n * m:
            counts[n + i :] -= counts[: -(n + i)].copy()
        for start in range(i, n * m + 1):
            counts[start] += counts[start - i]
    return tuple((counts / math.comb(n + m, m)).tolist())
