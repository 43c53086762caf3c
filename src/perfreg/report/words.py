"""Numbers as people read them."""

from __future__ import annotations

import math

NOT_APPLICABLE = "n/a"


def number(value: float) -> str:
    """Four significant digits without closing zeros; whole numbers in full; thousands separated by commas."""
    size = abs(value)
    if size >= 1e15 or 0 < size < 1e-4:
        return f"{value:.3g}"
    if float(value).is_integer():
        return f"{value:,.0f}" if value else "0"
    decimals = max(0, 3 - math.floor(math.log10(size)))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def quantity(value: float | None, unit: str) -> str:
    """A number with its unit; a hash as hexadecimal digits."""
    if value is None:
        return NOT_APPLICABLE
    if unit == "hash":
        return f"{int(value):x}"[:12]
    return f"{number(value)} {unit}".rstrip()


def signed(pct: float) -> str:
    """A percentage without its sign of unit: ``+31.0``, ``-0.02``, ``+250``; zero has no sign."""
    size = abs(pct)
    if size >= 1e6:
        return f"{pct:+.1e}"
    if size >= 100:
        return f"{pct:+,.0f}"
    if size >= 0.095:
        return f"{pct:+.1f}"
    return f"{pct:+.1g}" if size >= 1e-4 else "0.0"


def change(pct: float | None) -> str:
    """``+31.0 %``, or ``n/a`` where there is nothing to compare: never 0 % for want of a number."""
    return NOT_APPLICABLE if pct is None else f"{signed(pct)} %"


def interval(low: float | None, high: float | None) -> str:
    """``[+27.2, +35.1]`` in percent, ``any`` where there is no bound, or nothing."""
    if low is None and high is None:
        return ""
    return f"[{', '.join('any' if end is None else signed(end) for end in (low, high))}]"


def count(n: int, noun: str) -> str:
    """``1 metric``, ``2 metrics``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def age(days: float) -> str:
    """``less than an hour old``, ``5 hours old``, ``3 days old``."""
    if days < 1 / 24:
        return "less than an hour old"
    if days < 2:
        return f"{count(int(days * 24), 'hour')} old"
    return f"{number(float(math.floor(days)))} days old"


def duration(seconds: float) -> str:
    """``0.8 s``, ``42 s``, ``3 min 5 s``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 120 or seconds >= 1e9:
        return f"{seconds:.0f} s"
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60} s"
