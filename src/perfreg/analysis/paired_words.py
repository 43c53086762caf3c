"""Paired verdicts as sentences that need no statistics to be understood."""

from __future__ import annotations

import math

from perfreg.stats.sequential import FEWEST, Look


def change(shift: float) -> str:
    """A logarithm of a ratio as a signed percentage, ``+4.8 %``; changes of many times as a factor."""
    if shift > math.log(10):
        return f"x {math.exp(min(shift, 300.0)):.3g}"
    return f"{100 * math.expm1(shift):+.2g} %" if abs(shift) < 0.1 else f"{100 * math.expm1(shift):+.3g} %"


def interval(look: Look) -> str:
    """The bounds of the change, ``[+2.1 %, +7.4 %]``."""
    low = change(look.low) if math.isfinite(look.low) else "any"
    high = change(look.high) if math.isfinite(look.high) else "any"
    return f"[{low}, {high}]"


def finding(look: Look, unit: str) -> str:
    """The change, its interval, and how many pairs or rounds it rests on."""
    return f"{change(look.change)} {interval(look)} in {look.n} {unit}{'' if look.n == 1 else 's'}"


def sentence(look: Look, *, status: str, effect: float, unit: str) -> str:
    """Why the verdict is what it is, from ``look.n`` pairs or rounds."""
    many = f"{look.n} {unit}{'' if look.n == 1 else 's'}"
    found = finding(look, unit)
    floor = f"the minimum effect of {100 * math.expm1(effect):.3g} %"
    if status in ("regression", "improvement"):
        return f"{found}: all of it beyond {floor}" if effect > 0 else f"{found}: more than chance"
    if status == "unchanged":
        if max(abs(look.low), abs(look.high)) < 1e-9:
            return f"both sides are equal in all of {many}"
        return f"{found}: too small to matter, as it lies within {floor}"
    return f"{found}: {_doubt(look, effect, floor)}" if look.n >= FEWEST else _too_few(many)


def _size(shift: float) -> str:
    """A logarithm of a ratio as a percentage without its sign, to two digits."""
    percent = 100 * math.expm1(min(shift, 300.0))
    return f"{percent:.2g} %" if percent < 99.5 else f"{percent:.0f} %"


def _too_few(many: str) -> str:
    return f"{many}: at least {FEWEST} are needed before chance can be excluded"


def _doubt(look: Look, effect: float, floor: str) -> str:
    if not math.isfinite(look.detectable):
        return "too few to exclude chance"
    if look.low > effect or look.high < -effect:
        return "clear at first sight, but not beyond doubt"
    if effect > 0 and (look.low > 0 or look.high < 0):
        return f"more than chance, but it may be less than {floor}"
    return f"it may be chance; changes of {_size(look.detectable)} and more would have shown"
