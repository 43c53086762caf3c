"""One verdict as every report shows it: words and numbers, all of it safe to print on one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from perfreg.model.result import SEVERITIES, Severity, Verdict, VerdictStatus
from perfreg.report import words
from perfreg.report.escape import TEXT_LIMIT, visible
from perfreg.report.plan import PlanPair, pair

ORDER: tuple[VerdictStatus, ...] = (
    "regression",
    "broken",
    "inconclusive",
    "environment_mismatch",
    "no_baseline",
    "improvement",
    "unchanged",
)
"""From what needs a look first to what needs none."""

UNCOMPARED: tuple[VerdictStatus, ...] = ("broken", "environment_mismatch", "no_baseline")
"""Verdicts without a comparison behind them."""

DIRECTION_WORDS = {"lower": "lower is better", "higher": "higher is better", "none": "informative"}

Effect = Literal["worse", "better", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A change with its interval and tolerance, in percent, for drawing."""

    change: float
    low: float
    high: float
    tolerance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A verdict in words. ``change`` has the sign that was measured, ``effect`` says whether that is bad."""

    scenario: str
    metric: str
    status: VerdictStatus
    severity: Severity | None
    direction: str
    base: str
    head: str
    change: str
    interval: str
    effect: Effect
    method: str
    reason: str
    accepted: bool
    baseline: str
    span: Span | None
    plan: PlanPair | None

    @property
    def name(self) -> str:
        """``scenario.metric``."""
        return f"{self.scenario}.{self.metric}"

    @property
    def verdict(self) -> str:
        """``regression, high``, or ``regression, accepted``: how grave it would be is settled then."""
        weight = "accepted" if self.accepted else self.severity
        return f"{self.status}, {weight}" if weight else self.status

    @property
    def compared(self) -> bool:
        """Whether there was anything to compare with."""
        return self.status not in UNCOMPARED

    @property
    def moved(self) -> bool:
        """Whether it was compared and something is to be said about it."""
        return self.compared and self.status != "unchanged"


def sorted_rows(verdicts: tuple[Verdict, ...]) -> tuple[Row, ...]:
    """Worst first; what was accepted after what was not; within a severity, the largest change first."""
    return tuple(map(_row, sorted(verdicts, key=_badness)))


def _badness(verdict: Verdict) -> tuple[int, bool, int, float]:
    severity = SEVERITIES.index(verdict.severity) if verdict.severity else -1
    ranked = verdict.status in ("regression", "improvement") and verdict.change_pct is not None
    size = abs(verdict.change_pct or 0.0) if ranked else 0.0
    return ORDER.index(verdict.status), bool(verdict.accepted), -severity, -size


def _row(verdict: Verdict) -> Row:
    unit = visible(verdict.unit, 40)
    return Row(
        scenario=visible(verdict.scenario),
        metric=visible(verdict.metric),
        status=verdict.status,
        severity=verdict.severity,
        direction=DIRECTION_WORDS[verdict.direction],
        base=words.quantity(verdict.base, unit),
        head=words.quantity(verdict.head, unit),
        change=words.change(verdict.change_pct),
        interval=words.interval(verdict.ci_low_pct, verdict.ci_high_pct),
        effect=_effect(verdict),
        method=visible(verdict.method),
        reason=_reason(verdict),
        accepted=bool(verdict.accepted),
        baseline=_baseline(verdict),
        span=_span(verdict),
        plan=pair(verdict.base_text, verdict.head_text),
    )


def _effect(verdict: Verdict) -> Effect:
    if verdict.direction == "none" or not verdict.change_pct:
        return ""
    return "worse" if (verdict.change_pct > 0) == (verdict.direction == "lower") else "better"


def _reason(verdict: Verdict) -> str:
    accepted = f"accepted: {_first_line(verdict.accepted)}" if verdict.accepted else ""
    return "; ".join(part for part in (_first_line(verdict.reason), accepted) if part)


def _first_line(text: str) -> str:
    first, more, _ = text.strip().partition("\n")
    return visible(first.rstrip("\r"), TEXT_LIMIT) + (" …" if more else "")


def _baseline(verdict: Verdict) -> str:
    if not verdict.baseline_runs:
        return ""
    return f"{words.count(verdict.baseline_runs, 'run')}, {words.count(verdict.baseline_samples, 'sample')}"


def _span(verdict: Verdict) -> Span | None:
    change = verdict.change_pct
    if change is None:
        return None
    low, high = verdict.ci_low_pct, verdict.ci_high_pct
    return Span(
        change=change,
        low=change if low is None else low,
        high=change if high is None else high,
        tolerance=verdict.tolerance_pct,
    )
