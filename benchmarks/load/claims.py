"""What a part of the benchmark comes to: targets, what was measured, and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from page import table


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A target with what was measured."""

    claim: str
    measured: str
    met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the benchmark: its tables as Markdown, and its targets."""

    text: str
    claims: tuple[Claim, ...]


def at_least(claim: str, ratios: Sequence[float], limit: float) -> Claim:
    """A target for the median of ``ratios``, one for each round; none were measured where a rival is missing."""
    if not ratios:
        return not_measured(claim)
    found = median(ratios)
    return Claim(claim=claim, measured=f"{found:.2f} ({_spread(ratios)})", met=found >= limit)


def at_most(claim: str, ratios: Sequence[float], limit: float) -> Claim:
    """The same for what must not be larger."""
    found = at_least(claim, ratios, 0.0)
    return Claim(claim=claim, measured=found.measured, met=bool(ratios) and median(ratios) <= limit)


def not_measured(claim: str) -> Claim:
    """A target that nothing can be said of."""
    return Claim(claim=claim, measured="not measured: a program is missing", met=False)


def targets(claims: Sequence[Claim]) -> str:
    """The table of targets."""
    return table(
        ["target", "measured", ""],
        [[each.claim, each.measured, "met" if each.met else "**missed**"] for each in claims],
    )


def _spread(ratios: Sequence[float]) -> str:
    return f"rounds {min(ratios):.2f} to {max(ratios):.2f}"
