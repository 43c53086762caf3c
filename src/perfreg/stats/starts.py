"""A metric that each start of the service decides anew, such as the memory it takes, and that hardly moves after that.

Then the rounds of a start are one observation, however many there are. With a dozen starts at most the signs of their
differences can prove nothing, so their means are held against a t distribution, as if a start's luck were normal
(Kalibera & Jones 2013, ISMM: repeat, and judge, at the level where the variance is).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from perfreg.stats.sequential import Look, detectable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST = 4
"""Fewer starts say too little about how much starts differ."""
FIRST_LOOK = 8
"""Before so many starts nobody looks, unless there will be no more: few of them could decide only what is obvious, and
what no look may claim is left to later ones."""


def rounds_before(generation: Sequence[int]) -> int:
    """With how many rounds, of those that the entries of ``generation`` give the number of their start, `FIRST_LOOK`
    have begun: all of them where fewer starts there are. It does not depend on the order of the rounds.
    """
    first = sorted(set(generation))[: FIRST_LOOK - 1]
    before = sum(number in first for number in generation)
    return min(before + 1, len(generation))


def look_at_starts(
    plain: Look,
    differences: NDArray[np.float64],
    generation: Sequence[int],
    *,
    min_effect: float,
    alpha: float,
    portion: float,
) -> Look:
    """``plain`` with bounds and p-values from the means of each start; unchanged when there are too few of them.

    ``portion`` is the share of ``alpha`` that this look may claim.
    """
    import numpy as np
    from scipy.special import stdtr, stdtrit

    labels = np.unique(np.asarray(generation), return_inverse=True)[1]
    starts = int(labels.max(initial=-1)) + 1
    if starts < FEWEST:
        return plain
    means = np.bincount(labels, weights=differences) / np.bincount(labels)
    center, error = float(means.mean()), float(means.std(ddof=1)) / math.sqrt(starts)
    reach = -float(stdtrit(starts - 1, alpha * portion)) * error

    def p(distance: float) -> float:
        """Chance of means so far on this side."""
        if error == 0:
            return 0.0 if distance > 0 else 1.0
        return min(1.0, float(stdtr(starts - 1, -distance / error)) / portion)

    low, high = center - reach, center + reach
    return replace(
        plain,
        change=center,
        low=low,
        high=high,
        p_slower=p(center - min_effect),
        p_faster=p(-center - min_effect),
        p_not_slower=p(min_effect - center),
        p_not_faster=p(min_effect + center),
        detectable=detectable(low, high, alpha * portion, min_effect),
    )
