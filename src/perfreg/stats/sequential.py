"""Looking after every pair without raising more false alarms, and the verdict at each look.

Whoever looks at a running experiment again and again finds something sooner or later. So each look may only claim a
share of the error rate that is allowed in all (alpha spending: Lan & DeMets 1983, Biometrika 70:659-663): 1/n after n
pairs, so that every doubling of the pairs has the same part, and a fifth at the last look, or all that nobody can have
claimed where looks begin late. Looks at the same data mostly agree, so the shares may add up to more than one. Before
such a share can be reached at all, unanimous and consistent pairs may claim four fifths, once. Together these keep the
false regressions of real noise, with its signs shuffled, at half of what is allowed; ``benchmarks/verdict/pairs.py``
prints the figure.

The interval is that of the look at hand (a repeated confidence interval: Jennison & Turnbull 1989, Journal of the
Royal Statistical Society B 51:305-361), so it agrees with the decision and does not depend on the order of the pairs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from perfreg.stats import paired
from perfreg.stats.paired import Pairs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Number = TypeVar("Number", float, Floats)

FEWEST = 8
"""Fewer pairs never decide: all of seven agree by chance too often."""

_ROUTINE = 64
_FINAL = 1 / 5
_UNANIMOUS = 4 / 5
_CONSISTENCY = 2.0
_POWER_Z = 1.2816
_TIGHT = 1e-5

Decision = Literal["slower", "faster", "same", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What n pairs say of one comparison. Sizes are logarithms of ratios, infinite where nothing bounds them.

    ``p_slower`` and ``p_faster`` are p-values that hold at every look: of a change beyond the minimum effect in that
    sense; ``p_not_slower`` and ``p_not_faster`` of there being none. ``detectable`` is the smallest change that this
    many pairs show with 90 % probability.
    """

    n: int
    change: float
    low: float
    high: float
    p_slower: float
    p_faster: float
    p_not_slower: float
    p_not_faster: float
    sigma: float
    detectable: float

    def decide(self, alpha: float) -> Decision:
        """The three-way decision at a one-sided error rate of ``alpha``."""
        if self.p_slower <= alpha:
            return "slower"
        if self.p_faster <= alpha:
            return "faster"
        return "same" if max(self.p_not_slower, self.p_not_faster) <= alpha else "open"


def share(n: int, *, final: bool, since: int = FEWEST) -> float:
    """The share of the error rate that a look at ``n`` pairs may claim, where nobody looked before ``since`` pairs."""
    return max(_FINAL, 1 - _claimed(since)) if final else 1 / n


def _claimed(since: int) -> float:
    """What all looks from ``since`` pairs on may claim together, however many follow: see `is_look`."""
    each = math.log((_ROUTINE + 0.5) / (since - 0.5)) if since < _ROUTINE else 0.0
    return each + 1.1 / 0.1 / max(since, _ROUTINE)


def is_look(n: int) -> bool:
    """Whether to look after ``n`` pairs: after each up to 64, then whenever there is a tenth more."""
    if n <= _ROUTINE:
        return n >= FEWEST
    return math.floor(math.log(n) / math.log(1.1)) > math.floor(math.log(n - 1) / math.log(1.1))


def p_values(pairs: Pairs, shift: float, *, final: bool, since: int = FEWEST) -> Floats:
    """p-values (m) of "head is slower by more than ``shift``" that hold however often one has looked before."""
    import numpy as np

    if pairs.n < FEWEST:
        return np.ones(len(pairs.difference))
    raw = paired.exceeds(pairs, shift)
    unanimous = paired.agree(pairs, shift, consistency=_CONSISTENCY)
    early = np.where(unanimous, raw / _UNANIMOUS, 1.0)
    found: Floats = np.minimum(np.minimum(raw / share(pairs.n, final=final, since=since), early), 1.0)
    return found


def looks(pairs: Pairs, min_effect: float, *, alpha: float, final: bool, since: int = FEWEST) -> list[Look]:
    """What each comparison shows now. ``min_effect`` is a logarithm; ``alpha`` is one-sided.

    ``since`` is the number of pairs before which nobody looked.
    """
    import numpy as np

    level = max(alpha * share(pairs.n, final=final, since=since), 2.0**-pairs.n * (1 + 1e-9))
    bounded = pairs.n >= FEWEST
    nothing = np.full(len(pairs.difference), np.inf)
    low = paired.lower_bounds(pairs, level) if bounded else -nothing
    high = -paired.lower_bounds(pairs.mirrored(), level) if bounded else nothing
    visible = detectable(low, high, level, min_effect) if bounded else nothing
    other = pairs.mirrored()
    columns = (
        paired.centers(pairs),
        low,
        high,
        # Weights depend on the shift, so a p-value may be small where the interval is not clear: both have to agree.
        np.where(low >= min_effect - _TIGHT, p_values(pairs, min_effect, final=final, since=since), 1.0),
        np.where(high <= _TIGHT - min_effect, p_values(other, min_effect, final=final, since=since), 1.0),
        p_values(other, -min_effect, final=final, since=since),
        p_values(pairs, -min_effect, final=final, since=since),
        paired.spreads(pairs),
        visible,
    )
    return [
        Look(
            n=pairs.n,
            change=float(change),
            low=float(least),
            high=float(most),
            p_slower=float(slower),
            p_faster=float(faster),
            p_not_slower=float(not_slower),
            p_not_faster=float(not_faster),
            sigma=float(sigma),
            detectable=float(seen),
        )
        for change, least, most, slower, faster, not_slower, not_faster, sigma, seen in zip(*columns, strict=True)
    ]


def detectable(low: Number, high: Number, level: float, min_effect: float) -> Number:
    """The shift whose interval lies beyond ``min_effect`` nine times out of ten, from the interval's half width."""
    from scipy.special import ndtri

    z = -float(ndtri(level))
    half = (high - low) / 2
    return min_effect + half * (1 + _POWER_Z / z)
