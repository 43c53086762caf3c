"""Welch's comparison of two means."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanTest:
    """``difference`` (second minus first) lies within ``reach`` of the true one at the level asked for."""

    difference: float
    reach: float
    t: float
    dof: float
    p_value: float


def welch(first: ArrayLike, second: ArrayLike, *, level: float) -> MeanTest | None:
    """Whether the means differ, without equal variances (Welch 1947, Biometrika 34:28; Satterthwaite 1946).

    None when a group has fewer than two values or neither varies. ``level`` is two-sided.
    """
    import numpy as np
    from scipy.special import stdtr, stdtrit

    before, after = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    n, m = before.size, after.size
    if n < 2 or m < 2:
        return None
    a, b = float(before.var(ddof=1)) / n, float(after.var(ddof=1)) / m
    size = max(float(np.abs(before).max()), float(np.abs(after).max()))
    error = math.sqrt(a + b)
    if error <= 1e-12 * size:
        return None
    dof = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))
    difference = float(after.mean() - before.mean())
    t = difference / error
    return MeanTest(
        difference=difference,
        reach=float(stdtrit(dof, 1 - level / 2)) * error,
        t=t,
        dof=dof,
        p_value=min(1.0, 2 * float(stdtr(dof, -abs(t)))),
    )
