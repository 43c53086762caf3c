"""Whether measuring on could still decide an open verdict: if not, the time is better saved."""

from __future__ import annotations

import math

from perfreg.stats.sequential import Look

FEWEST = 24
"""With fewer rounds it is too uncertain how wide the interval will be."""
MANY = 64
"""What so many rounds cannot bound at all, a few more will hardly bound."""
_HALF = 3.5
"""Half an interval, in standard errors, when nothing but the scatter of the rounds widens it."""
_LUCK = 2 / 3
"""Two standard errors, as a part of half the interval."""
_OBVIOUS = 6.0
"""Standard errors beyond which only the number of starts can be what keeps a change from being certain."""


def is_hopeless(look: Look, effect: float, more: float) -> bool:
    """Whether ``more`` times the rounds of ``look`` would leave it open, even with some luck.

    The interval shrinks by the square root of that. Its middle moves by less than two standard errors of the rounds to
    come, whichever way helps. What few starts of the services add to the interval may be gone after some more, so it is
    not counted. ``effect`` is the logarithm of the minimum effect, and ``more`` is at least 1.
    """
    if look.n < FEWEST:
        return False
    size, error = abs(look.change), look.sigma / math.sqrt(look.n)
    if look.n >= MANY and not math.isfinite(look.high - look.low) and size <= effect + _OBVIOUS * error:
        return True
    half = min((look.high - look.low) / 2, _HALF * error)
    at_end, luck = half / math.sqrt(more), _LUCK * half * math.sqrt(1 - 1 / more)
    return size + luck - at_end <= effect <= max(0.0, size - luck) + at_end
