"""Lasting changes in words."""

from __future__ import annotations

from dataclasses import dataclass

from perfreg.model.result import Shift
from perfreg.report import words
from perfreg.report.escape import TEXT_LIMIT, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftRow:
    """A shift as every report shows it: one sentence, and the commits that may be guilty. Safe to print."""

    name: str
    sentence: str
    worse: bool
    commits: tuple[str, ...]


def shift_row(shift: Shift) -> ShiftRow:
    """Put a shift into words."""
    effect = "worse" if shift.worse else "better"
    when = f"since {visible(shift.since[:10])}, seen after {words.count(shift.runs, 'run')}"
    return ShiftRow(
        name=visible(f"{shift.scenario}.{shift.metric}"),
        sentence=f"{words.change(shift.change_pct)} ({effect}) {when}{_range(shift)}",
        worse=shift.worse,
        commits=tuple(visible(each, TEXT_LIMIT) for each in shift.commits),
    )


def _range(shift: Shift) -> str:
    bad, good = visible(shift.first_bad[:12]), visible(shift.last_good[:12])
    if not bad:
        return ""
    if not good or good == bad:
        return f", first in {bad}"
    return f", in the commits after {good} up to {bad}"


def shift_sentence(shift: Shift) -> str:
    """A shift in one line, for the gate."""
    row = shift_row(shift)
    return f"lasting change of {row.name}: {row.sentence}"
