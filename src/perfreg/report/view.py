"""The one view of a result that all reports for people share: what is said, not how it looks."""

from __future__ import annotations

from dataclasses import dataclass

from perfreg.model.result import GateStatus, Result, VerdictStatus
from perfreg.report.escape import TEXT_LIMIT, visible
from perfreg.report.facts import baseline_line, environment_line
from perfreg.report.headline import Headline, Mood, headline, mood, origin
from perfreg.report.notice import Notice, notices
from perfreg.report.row import ORDER, Row, sorted_rows, word_of
from perfreg.report.shift import ShiftRow, shift_row
from perfreg.report.versus import Versus, versus


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A result in words. Every string is safe to print on one line; each format adds its own escaping."""

    mood: Mood
    headline: Headline
    gate: GateStatus
    gate_reasons: tuple[str, ...]
    counts: tuple[tuple[VerdictStatus, int], ...]
    rows: tuple[Row, ...]
    notices: tuple[Notice, ...]
    origin: str
    baseline: str
    environment: str
    warnings: tuple[tuple[str, str], ...]
    """Doubts as (scenario, sentence)."""
    notes: tuple[str, ...]
    shifts: tuple[ShiftRow, ...] = ()
    """Lasting changes that the history shows."""
    versus: Versus | None = None
    """What was compared side by side; there is no baseline to speak of then."""

    @property
    def sides(self) -> tuple[tuple[str, str], ...]:
        """What was compared with what, as labels and sentences; empty without a comparison."""
        return () if self.versus is None else self.versus.facts

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What else every report tells, as labels and sentences."""
        code = (("Code", self.origin), ("Baseline", self.baseline)) if self.versus is None else ()
        return *code, ("Environment", self.environment)

    def word(self, status: VerdictStatus) -> str:
        """What a status is called in this report."""
        return word_of(status, self.versus)

    def count(self, status: VerdictStatus) -> int:
        """How many verdicts have this status."""
        return dict(self.counts).get(status, 0)


def view(result: Result) -> View:
    """Put a result into words."""
    against = _versus(result)
    rows = sorted_rows(result.verdicts, against)
    counts = ((status, len(result.with_status(status))) for status in ORDER)
    return View(
        mood=mood(result),
        headline=headline(result, rows, against),
        gate=result.gate.status,
        gate_reasons=_sentences(result.gate.reasons),
        counts=tuple((status, number) for status, number in counts if number),
        rows=rows,
        notices=notices(result, rows),
        origin=origin(result),
        baseline=baseline_line(result.baseline),
        environment=environment_line(result.run.environment),
        warnings=tuple(
            (visible(record.name), sentence)
            for record in result.run.scenarios
            for sentence in _sentences(record.warnings)
        ),
        notes=_sentences(result.notes),
        shifts=tuple(map(shift_row, result.shifts)),
        versus=against,
    )


def _versus(result: Result) -> Versus | None:
    if result.comparison is None:
        return None
    informative = {f"{each.scenario}.{each.metric}" for each in result.verdicts if each.direction == "none"}
    return versus(result.comparison, informative)


def _sentences(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(visible(text, TEXT_LIMIT) for text in texts)
