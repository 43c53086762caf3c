"""What the runs of one session share: the machine's part of a move, told by the other benchmarks of the same run.

Machines do not slow all benchmarks down alike: another processor costs one 10 % and the next 60 %. So each benchmark
has its guides, the others that it moved along with in the past, and each of them foretells its move by a factor of its
own. The common move is the median of what they foretell, which a guide that has changed by itself cannot spoil, and
the share of it that the benchmark follows is estimated from the past: a control variate (Lavenberg & Welch 1981,
Management Science 27:322). It is only taken away where the past shows beyond doubt that the benchmark follows;
strangers that share nothing but run numbers leave each other alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]
    Whole = NDArray[np.int64]

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

MOST_GUIDES = 15
"""More guides hardly tell more."""

CHANCE = 0.02
"""So many strangers a benchmark may take for guides by chance, on average: three of them are hardly ever found."""

_CLIP = 4.0


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
    followers, guides = _guides(centred[last])
    if len(followers):
        common = _foretold(centred, last, followers, guides)
        share = _shares(centred[last][:, followers], common[last])
        result[:, np.flatnonzero(usable)[followers]] = np.where(np.isnan(common), 0.0, common) * share
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


def _guides(past: Values) -> tuple[Whole, Whole]:
    """The benchmarks with guides enough, and of each its best ones, padded with -1."""
    import numpy as np
    from scipy.special import ndtri

    size = past.shape[1]
    moves = _clipped(past).astype(np.float32)
    moves /= np.maximum(np.sqrt(np.square(moves).sum(axis=0)), np.float32(1e-12))
    count = np.sqrt(np.sum(~np.isnan(past), axis=0, dtype=np.float32))
    certain = np.float32(-ndtri(CHANCE / size))
    agreement = moves.T @ moves
    np.fill_diagonal(agreement, 0)
    # With n sessions the correlation of strangers has a standard error of 1 / sqrt(n).
    clear = agreement * count > certain
    clear &= clear.T
    followers = np.flatnonzero(clear.sum(axis=1) >= FEWEST_COMPANIONS)
    ranked = np.where(clear[followers], agreement[followers], 0)
    best = np.argpartition(-ranked, min(MOST_GUIDES, size) - 1, axis=1)[:, :MOST_GUIDES]
    return followers, np.where(np.take_along_axis(ranked, best, axis=1) > 0, best, -1)


def _foretold(centred: Values, last: slice, followers: Whole, guides: Whole) -> Values:
    """For each session and follower the median of what its guides foretell; NaN where they are too few."""
    import numpy as np

    past = centred[last]
    moves, seen = _clipped(past), ~np.isnan(past)
    own, others = moves[:, followers, None], moves[:, guides]
    both = seen[:, followers, None] & seen[:, guides]
    product, square = (np.sum(each, axis=0, where=both) for each in (own * others, np.square(others)))
    factor = np.where(guides >= 0, product / np.maximum(square, 1e-300), np.nan)
    foretold = centred[:, guides] * factor
    median = _median(foretold.reshape(-1, guides.shape[1])).reshape(foretold.shape[:2])
    return np.where(np.sum(~np.isnan(foretold), axis=2) >= FEWEST_COMPANIONS, median, np.nan)


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
