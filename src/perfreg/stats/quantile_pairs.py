"""Quantiles of both sides of a paired comparison, from the histograms of their blocks.

The p99 of one block rests on a few requests, so the blocks are merged: the change is the ratio of the quantiles of all
samples. To test a shift, head is divided by it and both sides are pooled; then each round tells whose share of samples
above the pooled quantile is larger. That quantile does not change when base and head of a round change places, so the
signs of the rounds are a coin's when the shift is true, however few samples a block has and however they hang together
inside it (the sign-flip test of `perfreg.stats.signflip`; the median test of Mood 1950 for any quantile, in blocks).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfreg.stats.histogram import BUCKET, Histogram, matrix
from perfreg.stats.sequential import FEWEST, Look, detectable, share
from perfreg.stats.signflip import tail

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]

_CLIP = 2.5
_NEAREST = 8

_FARTHEST = 1000.0
"""Changes by a larger factor than this are not told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantilePairs:
    """n rounds: cumulative counts of both sides (n x buckets, common buckets) and of all their rounds (buckets)."""

    share: float
    first: int
    base: Counts
    head: Counts
    base_total: Counts
    head_total: Counts
    inflation: float = 1.0
    """As in `perfreg.stats.paired.Pairs`."""

    @property
    def n(self) -> int:
        """Rounds."""
        return len(self.base)

    def mirrored(self) -> QuantilePairs:
        """Base and head exchanged."""
        return replace(self, base=self.head, head=self.base, base_total=self.head_total, head_total=self.base_total)


def quantile_pairs(share_below: float, base: tuple[Histogram, ...], head: tuple[Histogram, ...]) -> QuantilePairs:
    """Rounds from the histograms of their blocks. Raises ``ValueError`` when a block is empty."""
    import numpy as np

    first, rows = matrix([*base, *head])
    if not len(base) or not (rows.sum(axis=1) > 0).all():
        raise ValueError("a block without samples has no quantile")
    counts = np.cumsum(rows, axis=1)
    below, above = counts[: len(base)], counts[len(base) :]
    return QuantilePairs(
        share=share_below,
        first=first,
        base=below,
        head=above,
        base_total=below.sum(axis=0),
        head_total=above.sum(axis=0),
    )


def buckets_apart(pairs: QuantilePairs) -> int:
    """How many buckets head's quantile lies above base's."""
    return _bucket(pairs.head_total, pairs.share) - _bucket(pairs.base_total, pairs.share)


def quantile_of(pairs: QuantilePairs, total: Counts) -> float:
    """The quantile of one side, from the cumulative counts of all its rounds."""
    return math.exp((pairs.first + _bucket(total, pairs.share) + 0.5) * BUCKET)


def _bucket(counts: Counts, share_below: float) -> int:
    import numpy as np

    return int(np.searchsorted(counts, max(1, math.ceil(share_below * int(counts[-1])))))


def excess(pairs: QuantilePairs, buckets: int) -> NDArray[np.float64]:
    """For each round, how much larger head's share above the pooled quantile is, head being shifted down first."""
    cut = _pooled(pairs, buckets)
    found: NDArray[np.float64] = _above(pairs.head, cut + buckets) - _above(pairs.base, cut)
    return found


def _pooled(pairs: QuantilePairs, buckets: int) -> int:
    """The bucket of the quantile of base and shifted head together."""
    wanted = max(1, math.ceil(pairs.share * int(pairs.base_total[-1] + pairs.head_total[-1])))
    last = pairs.base_total.size - 1
    low, high = min(0, -buckets) - 1, max(last, last - buckets)
    while high - low > 1:
        middle = (low + high) // 2
        if _count(pairs.base_total, middle) + _count(pairs.head_total, middle + buckets) >= wanted:
            high = middle
        else:
            low = middle
    return high


def _count(total: Counts, bucket: int) -> int:
    return int(total[min(bucket, total.size - 1)]) if bucket >= 0 else 0


def _above(counts: Counts, bucket: int) -> NDArray[np.float64]:
    """The share of each round's samples above a bucket."""
    import numpy as np

    if bucket < 0:
        return np.ones(len(counts))
    found: NDArray[np.float64] = 1 - counts[:, min(bucket, counts.shape[1] - 1)] / counts[:, -1]
    return found


def exceeds(pairs: QuantilePairs, shift: float) -> float:
    """One-sided p-value of "head's quantile is not larger by more than ``shift``" (a logarithm)."""
    return _p(pairs, round(shift / BUCKET))


def _p(pairs: QuantilePairs, buckets: int) -> float:
    import numpy as np

    signed = excess(pairs, buckets)
    size = np.abs(signed)
    typical = float(np.median(size)) or float(size.max()) or 1.0
    # Shares have no wild outliers, so they may count for more than a difference of timings.
    scores = np.minimum(size / typical, _CLIP)
    total = (scores * np.sign(signed)).sum() / math.sqrt(pairs.inflation)
    return float(tail(scores[None, :], np.array([total]))[0])


def lower_bound(pairs: QuantilePairs, level: float) -> float:
    """The largest shift that is rejected at ``level``; minus infinity when none is."""
    farthest = round(math.log(_FARTHEST) / BUCKET)
    above, step = buckets_apart(pairs), _NEAREST
    below = above - step
    while _p(pairs, below) > level:
        if step >= farthest:
            return -math.inf
        above, step = below, min(2 * step, farthest)
        below -= step
    while above - below > 1:
        middle = (below + above) // 2
        if _p(pairs, middle) <= level:
            below = middle
        else:
            above = middle
    return below * BUCKET


def look(pairs: QuantilePairs, min_effect: float, *, alpha: float, final: bool, since: int = FEWEST) -> Look:
    """What the rounds show now; the arguments are those of `perfreg.stats.sequential.looks`."""
    other = pairs.mirrored()
    enough = pairs.n >= FEWEST
    portion = share(pairs.n, final=final, since=since)
    level = max(alpha * portion, 2.0**-pairs.n * (1 + 1e-9))
    low = lower_bound(pairs, level) if enough else -math.inf
    high = -lower_bound(other, level) if enough else math.inf

    def p(side: QuantilePairs, shift: float) -> float:
        return min(1.0, exceeds(side, shift) / portion) if enough else 1.0

    return Look(
        n=pairs.n,
        change=buckets_apart(pairs) * BUCKET,
        low=low,
        high=high,
        p_slower=p(pairs, min_effect),
        p_faster=p(other, min_effect),
        p_not_slower=p(other, -min_effect),
        p_not_faster=p(pairs, -min_effect),
        sigma=_spread(pairs),
        detectable=detectable(low, high, level, min_effect),
    )


def _spread(pairs: QuantilePairs) -> float:
    """Robust standard deviation of the ratio of both quantiles in one round."""
    import numpy as np

    ratios = [
        (_bucket(head, pairs.share) - _bucket(base, pairs.share)) * BUCKET
        for base, head in zip(pairs.base, pairs.head, strict=True)
    ]
    return 1.4826 * float(np.median(np.abs(np.array(ratios) - np.median(ratios))))
