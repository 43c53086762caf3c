"""The sign-flip test: is the sum of signed scores larger than chance makes it?

When nothing changed and a coin decided which side of a pair was measured first, each score is as likely to be negative
as positive, whatever the noise, its drift or its neighbours. The probability of a sum at least as large is counted over
all 2^n signs, or, beyond `EXACT` pairs, taken from its saddlepoint approximation. That is up to a half too small where
a coarse clock leaves few different scores, as the sums come in steps then; but few different sums can be counted.

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

_AT_ONCE = 32
_FEW = 16
_MOST_SUMS = 4096
_NEWTON = 7
_CONVERGED = 1e-9
_ROUNDING = 1e-9


def tail(scores: Floats, totals: Floats) -> Floats:
    """Probability that random signs of ``scores`` (m x n, none negative) add up to ``totals`` (m) or more.

    Where that is one half or more it is given as 1: such a sum shows nothing.
    """
    import numpy as np

    found = np.ones(len(scores))
    least = totals - _ROUNDING * scores.sum(axis=1)
    told = totals > 0
    if scores.shape[1] > EXACT:
        few = told & (_kinds(scores) <= _FEW)
        for row in np.flatnonzero(few):
            counted = _count_kinds(scores[row], float(least[row]))
            found[row] = 1.0 if counted is None else counted
            told[row] = counted is None
        if told.any():
            found[told] = _saddlepoint(scores[told], totals[told])
        return found
    rows = np.flatnonzero(told)
    for first in range(0, rows.size, _AT_ONCE):
        some = rows[first : first + _AT_ONCE]
        found[some] = _count(scores[some], least[some])
    return found


def _kinds(scores: Floats) -> Floats:
    """How many different scores each row has."""
    import numpy as np

    ordered = np.sort(scores, axis=1)
    found: Floats = 1 + (np.diff(ordered, axis=1) > _ROUNDING * ordered[:, -1:]).sum(axis=1)
    return found


def _count_kinds(scores: Floats, total: float) -> float | None:
    """What `_count` gives, for equal scores that are counted together; None where there are too many sums."""
    import numpy as np
    from scipy.special import binom

    ordered = np.sort(scores)
    groups = np.split(ordered, np.flatnonzero(np.diff(ordered) > _ROUNDING * ordered[-1]) + 1)
    sides = [(np.zeros(1), np.ones(1)), (np.zeros(1), np.ones(1))]
    for group in sorted(groups, key=len, reverse=True):
        if group[-1] <= _ROUNDING * ordered[-1]:
            continue
        smaller = int(sides[1][0].size < sides[0][0].size)
        sums, chances = sides[smaller]
        if sums.size * (group.size + 1) > _MOST_SUMS:
            return None
        positive = np.arange(group.size + 1)
        added = group.mean() * (2 * positive - group.size)
        chance = binom(group.size, positive) / 2.0**group.size
        sides[smaller] = (np.add.outer(sums, added).ravel(), np.multiply.outer(chances, chance).ravel())
    (left, weights), (right, chances) = sides
    order = np.argsort(right)
    reaching = np.append(np.cumsum(chances[order][::-1])[::-1], 0.0)
    return float(weights @ reaching[np.searchsorted(right[order], total - left)])


def _count(scores: Floats, totals: Floats) -> Floats:
    """The exact shares of sign choices that reach ``totals``, by meeting in the middle."""
    import numpy as np

    half = scores.shape[1] // 2
    # Sorted on both sides, because ordered questions are answered several times as fast.
    left, right = np.sort(_sums(scores[:, :half]), axis=1), np.sort(_sums(scores[:, half:]), axis=1)
    wanted = totals[:, None] - left
    short = [int(np.searchsorted(sums, asked).sum()) for sums, asked in zip(right, wanted, strict=True)]
    found: Floats = 1 - np.array(short) / 2.0 ** scores.shape[1]
    return found


def _sums(scores: Floats) -> Floats:
    """The sums of each row of ``scores`` under every choice of signs."""
    import numpy as np

    sums = np.zeros((len(scores), 1))
    for score in scores.T[:, :, None]:
        sums = np.concatenate((sums - score, sums + score), axis=1)
    return sums


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

    squares = np.square(weights)
    tilt = target.copy()
    for _ in range(_NEWTON):
        bent = np.tanh(tilt[:, None] * weights)
        slope = np.maximum(np.einsum("ij,ij->i", squares, 1 - bent * bent), 1e-12)
        step = (np.einsum("ij,ij->i", weights, bent) - target) / slope
        tilt = np.clip(tilt - np.clip(step, -2.0, 2.0), 0.0, 200.0)
        if np.abs(step).max() < _CONVERGED:
            break
    bell = np.cosh(tilt[:, None] * weights)
    slope = np.maximum((squares / np.square(bell)).sum(axis=1), 1e-12)
    cumulant = np.log(bell).sum(axis=1)
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
