"""Two query plans side by side, with the lines that differ."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from perfreg.report.escape import visible_lines

LINE_LIMIT = 120
"""Longer plans are cut: comparing lines takes the square of their number. The JSON report has all of them."""

_WIDTH_LIMIT = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """One line of both plans; ``None`` where a plan has no such line."""

    base: str | None
    head: str | None

    @property
    def differs(self) -> bool:
        """Whether the plans differ here."""
        return self.base != self.head


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPair:
    """Both plans, line by line; ``cut`` when there is more than is shown."""

    lines: tuple[PlanLine, ...]
    cut: bool


def pair(base: str, head: str) -> PlanPair | None:
    """The plans side by side, or ``None`` when there is no change to show."""
    if not (base or head) or base == head:
        return None
    left, right = visible_lines(base, _WIDTH_LIMIT), visible_lines(head, _WIDTH_LIMIT)
    cut = max(len(left), len(right)) > LINE_LIMIT
    return PlanPair(lines=_aligned(left[:LINE_LIMIT], right[:LINE_LIMIT]), cut=cut)


def _aligned(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[PlanLine, ...]:
    matcher = SequenceMatcher(a=left, b=right, autojunk=False)
    return tuple(
        PlanLine(base=base, head=head)
        for _, low_a, high_a, low_b, high_b in matcher.get_opcodes()
        for base, head in zip_longest(left[low_a:high_a], right[low_b:high_b])
    )
