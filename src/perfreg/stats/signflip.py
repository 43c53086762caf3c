"""The sign-flip test: is the sum of signed scores larger than chance makes it?

When nothing changed and a coin decided which side of a pair was measured first, each score is as likely to be negative
as positive, whatever the noise, its drift or its neighbours. The probability of a sum at least as large is counted over
all 2^n signs, or, beyond `EXACT` pairs, taken from its saddlepoint approximation.

Fisher 1935, The Design of Experiments, section 21; Robinson 1982, Journal of the Royal Statistical Society B 44:91-101.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EXACT = 22
"""Up to this many pairs all signs are counted."""

_NEWTON = 7
_ROUNDING = 1e-9


def tail(scores: Floats, totals: Floats) -> Floats:
    """Probability that random signs of ``scores`` (m x n, none negative) add up to ``totals`` (m) or more.

    Where that is one half or more it is given as 1: such a sum shows nothing.
    """
    import numpy as np

    reach = scores.sum(axis=1)
    found = np.ones(len(scores))
    told = totals > 0
    if scores.shape[1] <= EXACT:
        for row in np.flatnonzero(told):
            found[row] = _count(scores[row], float(totals[row]) - _ROUNDING * float(reach[row]))
        return found
    if told.any():
        found[told] = _saddlepoint(scores[told], totals[told])
    return found


def _sums(scores: Floats) -> Floats:
    """The sums of ``scores`` under every choice of signs."""
    import numpy as np

    sums = np.zeros(1)
    for score in scores:
        sums = np.concatenate((sums - score, sums + score))
    return sums


def _count(scores: Floats, total: float) -> float:
    """The exact share of sign choices that reach ``total``, by meeting in the middle."""
    import numpy as np

    half = scores.size // 2
    left, right = _sums(scores[:half]), np.sort(_sums(scores[half:]))
    reaching = right.size - np.searchsorted(right, total - left)
    return float(reaching.sum()) / 2.0**scores.size


def _saddlepoint(scores: Floats, totals: Floats) -> Floats:
    """The Lugannani-Rice formula for a sum of scores with random signs, whose cumulants are sums of log cosh."""
    import numpy as np
    from scipy.special import ndtr

    scale = np.sqrt(np.square(scores).sum(axis=1))
    weights = scores / scale[:, None]
    wanted = totals / scale
    reach = weights.sum(axis=1)
    extreme = wanted >= reach * (1 - _ROUNDING)
    target = np.where(extreme, 0.0, np.minimum(wanted, reach * (1 - 1e-6)))

    tilt = target.copy()
    slope = np.ones_like(tilt)
    for _ in range(_NEWTON):
        bent = np.tanh(tilt[:, None] * weights)
        slope = np.maximum((weights * weights * (1 - bent * bent)).sum(axis=1), 1e-12)
        step = ((weights * bent).sum(axis=1) - target) / slope
        tilt = np.clip(tilt - np.clip(step, -2.0, 2.0), 0.0, 200.0)
    tilted = tilt[:, None] * weights
    slope = np.maximum((np.square(weights) / np.square(np.cosh(np.minimum(tilted, 300.0)))).sum(axis=1), 1e-12)
    cumulant = (np.abs(tilted) + np.log1p(np.exp(-2 * np.abs(tilted))) - np.log(2)).sum(axis=1)
    distance = np.sqrt(np.maximum(2 * (tilt * target - cumulant), 0.0))
    spread = tilt * np.sqrt(slope)
    small = (distance < 1e-4) | (spread < 1e-4)
    density = np.exp(-np.square(distance) / 2) / np.sqrt(2 * np.pi)
    with np.errstate(divide="ignore", invalid="ignore"):
        correction = np.where(small, 0.0, density * (1 / spread - 1 / distance))
    upper = np.clip(ndtr(-distance) + correction, 0.0, 0.5)
    # No sum is rarer than all signs agreeing, and that is known exactly.
    least = np.power(2.0, -(scores > 0).sum(axis=1).astype(float))
    found: Floats = np.where(extreme, least, np.maximum(upper, least))
    return found
