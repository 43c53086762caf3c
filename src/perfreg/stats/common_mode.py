"""What the runs of one session share: the machine's part of a move, told by the other benchmarks of the same run.

The common move of a session is the median of how far the other benchmarks are from their own usual level, and the
share of it that a benchmark follows is estimated from its past: a control variate (Lavenberg & Welch 1981, Management
Science 27:322). It is only taken away where the past shows beyond doubt that the benchmark follows; strangers
that share nothing but run numbers leave each other alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

REFERENCE = 100
"""Sessions before a block from which the usual levels and the shares are estimated."""

FEWEST_RUNS = 20
FEWEST_COMPANIONS = 3

LARGEST_SHARE = 1.2
"""No benchmark follows the machine much more than the others do."""

SHRINK = 5.0
"""Shares are shrunk by so many times their relative variance, since what is known badly had better be left."""

CERTAIN = 3.5
"""Correlation with the others in standard errors, below which they are taken for strangers."""

_CLIP = 4.0
_OPEN = 10


def shared(sessions: Values, known: int) -> Values:
    """What to take off each value: an array like ``sessions`` (a row a session, a column a benchmark, logarithms).

    Only the first ``known`` sessions tell of usual levels and shares; those after them are adjusted by what they say.
    """
    import numpy as np

    reference = sessions[max(0, known - REFERENCE) : known]
    usable = np.sum(~np.isnan(reference), axis=0) >= FEWEST_RUNS
    result = np.zeros_like(sessions)
    if usable.sum() <= FEWEST_COMPANIONS:
        return result
    inside, last = sessions[:, usable], slice(max(0, known - REFERENCE), known)
    centred = inside - _median(inside[last].T)
    common = _median_of_others(centred, _calm(centred[last]))
    share = _shares(centred[last], common[last])
    result[:, usable] = np.where(np.isnan(common), 0.0, common) * share
    return result


def _median(values: Values) -> Values:
    """The median of each row without its NaN; NaN where there is nothing else."""
    import numpy as np

    ordered = np.sort(values, axis=1)
    count = np.sum(~np.isnan(ordered), axis=1)
    rows = np.arange(len(ordered))
    middle: Values = (
        ordered[rows, np.maximum(count - 1, 0) // 2] + ordered[rows, np.minimum(count // 2, values.shape[1] - 1)]
    ) / 2
    return middle


def _calm(centred: Values) -> NDArray[np.bool_]:
    """Benchmarks whose newest runs are where the others would have them; one that is changing is no witness."""
    import numpy as np

    own = (centred - _median(centred)[:, None]).T
    spread = 1.4826 * _median(np.abs(own))
    newest = np.nan_to_num(_median(own[:, -_OPEN:]))
    return np.abs(newest) <= np.maximum(1.5 * spread, 0.003)


def _median_of_others(centred: Values, witness: NDArray[np.bool_]) -> Values:
    """For each value the median of the witnesses of its session, itself left out; NaN where they are too few."""
    import numpy as np

    seen = np.where(witness, centred, np.nan)
    order = np.sort(seen, axis=1)
    count = np.sum(~np.isnan(seen), axis=1)
    # Leaving out one value moves the ranks above it down by one.
    own = ~np.isnan(seen)
    others = count[:, None] - own
    low, high = (others - 1) // 2, others // 2
    rows = np.arange(len(order))[:, None]

    def at(rank: NDArray[np.int64]) -> Values:
        rank = np.clip(rank, 0, order.shape[1] - 2)
        plain, above = order[rows, rank], order[rows, rank + 1]
        return np.where(own & (seen <= plain), above, plain)

    median = (at(low) + at(high)) / 2
    return np.where(others >= FEWEST_COMPANIONS, median, np.nan)


def _shares(centred: Values, common: Values) -> Values:
    """How much of the common move each benchmark follows: 0 unless the correlation is beyond doubt."""
    import numpy as np

    both = ~np.isnan(centred) & ~np.isnan(common)
    count = both.sum(axis=0)
    own, others = (_clipped(np.where(both, each, np.nan)) for each in (centred, common))
    product, square, energy = (own * others).sum(axis=0), (others**2).sum(axis=0), (own**2).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = product / np.sqrt(square * energy)
        doubt = SHRINK * (1 - correlation**2) / correlation**2  # the error of the share, in runs
        share = product / square * count / (count + doubt)
        certain = (correlation * np.sqrt(count) > CERTAIN) & (count >= FEWEST_RUNS)
    return np.where(certain, np.clip(share, 0.0, LARGEST_SHARE), 0.0)


def _clipped(values: Values) -> Values:
    import numpy as np

    off = values - _median(values.T)
    limit = _CLIP * 1.4826 * _median(np.abs(off).T)
    return np.nan_to_num(np.clip(off, -limit, limit))
