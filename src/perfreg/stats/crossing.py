"""Where rising functions cross zero, for many of them at once.

Interpolate, truncate, project: as few steps as interpolation takes on smooth functions, and never more than bisection
and one on those with jumps (Oliveira & Takahashi 2020, ACM Transactions on Mathematical Software 47:1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Function = Callable[[NDArray[np.intp], Floats], Floats]
    """The values of some functions (their numbers) at one position each."""

_MOST = 60


def below_zero(function: Function, at_zero: Floats, at_one: Floats, tolerance: Floats) -> Floats:
    """For each function a position below its crossing, by ``tolerance`` at most; their domain is 0 to 1.

    ``at_zero`` and ``at_one`` are their values at both ends, not above and above zero.
    """
    import numpy as np

    low, high = np.zeros(at_zero.size), np.ones(at_zero.size)
    under, over = at_zero.copy(), at_one.copy()
    rows = np.arange(at_zero.size)
    for step in range(_MOST):
        if not rows.size:
            break
        at = _between(low[rows], high[rows], under[rows], over[rows], step)
        value = function(rows, at)
        less = value <= 0
        low[rows[less]], under[rows[less]] = at[less], value[less]
        high[rows[~less]], over[rows[~less]] = at[~less], value[~less]
        rows = rows[high[rows] - low[rows] > tolerance[rows]]
    return low


def _between(low: Floats, high: Floats, under: Floats, over: Floats, step: int) -> Floats:
    import numpy as np

    width = high - low
    middle = low + width / 2
    straight = low - under * width / (over - under)
    toward = np.sign(middle - straight)
    bent = np.where(np.square(width) / 5 <= np.abs(middle - straight), straight + toward * np.square(width) / 5, middle)
    slack = np.maximum(2.0 ** (-step) - width / 2, 0.0)
    found: Floats = np.where(np.abs(bent - middle) <= slack, bent, middle - toward * slack)
    return found
