"""Whether measuring on could still decide an open verdict: if not, the time is better saved."""

from __future__ import annotations

import math

from perfreg.stats.sequential import Look

FEWEST = 24
"""With fewer rounds the interval is too uncertain itself to tell where it is going."""
_LUCK = 2 / 3
"""Two standard errors, as a part of half the interval."""
_OBVIOUS = 6.0
"""Standard errors beyond which only the number of starts can be what keeps a change from being certain."""


def is_hopeless(look: Look, effect: float, more: float) -> bool:
    """Whether ``more`` times the rounds of ``look`` would leave it open, even with some luck.

    The interval shrinks by the square root of that. Its middle moves by less than two standard errors of the rounds to
    come, whichever way helps. ``effect`` is the logarithm of the minimum effect, and ``more`` is at least 1.
    """
    if look.n < FEWEST:
        return False
    size, half = abs(look.change), (look.high - look.low) / 2
    if not math.isfinite(half):
        return size <= effect + _OBVIOUS * look.sigma / math.sqrt(look.n)
    at_end, luck = half / math.sqrt(more), _LUCK * half * math.sqrt(1 - 1 / more)
    return size + luck - at_end <= effect <= max(0.0, size - luck) + at_end
