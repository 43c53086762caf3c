"""One verdict as every report shows it: words and numbers, all of it safe to print on one line."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from perfreg.model.result import SEVERITIES, Severity, Verdict, VerdictStatus
from perfreg.report import words
from perfreg.report.escape import TEXT_LIMIT, visible
from perfreg.report.plan import PlanPair, pair
from perfreg.report.versus import NoiseLine, Versus

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

_PAIRED_WORDS: dict[VerdictStatus, str] = {"no_baseline": "no_base"}
_SELF_WORDS: dict[VerdictStatus, str] = {
    "regression": "differs",
    "improvement": "differs",
    "inconclusive": "no difference seen",
    "unchanged": "no difference seen",
}
"""What some statuses are called where no history is asked, and where a thing is compared with itself."""

_TIMES = ("s", "ms", "us", "µs", "ns")
_SENSES = {"worse": "slower", "better": "faster"}

DIRECTION_WORDS = {"lower": "lower is better", "higher": "higher is better", "none": "informative"}

Effect = Literal["worse", "better", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A change with its interval and tolerance, in percent, for drawing. An end without a bound is infinite."""

    change: float
    low: float
    high: float
    tolerance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A verdict in words. ``change`` has the sign that was measured, ``effect`` says whether that is bad and ``sense``
    the same in a word that fits the metric. ``word`` is what the status is called in this report, and ``noise`` how
    noisy the metric was in the session, where that was measured."""

    scenario: str
    metric: str
    status: VerdictStatus
    word: str
    severity: Severity | None
    direction: str
    base: str
    head: str
    change: str
    interval: str
    effect: Effect
    sense: str
    method: str
    reason: str
    accepted: bool
    baseline: str
    span: Span | None
    plan: PlanPair | None
    noise: NoiseLine | None = None

    @property
    def name(self) -> str:
        """``scenario.metric``."""
        return f"{self.scenario}.{self.metric}"

    @property
    def verdict(self) -> str:
        """``regression, high``, or ``regression, accepted``: how grave it would be is settled then."""
        weight = "accepted" if self.accepted else self.severity
        return f"{self.word}, {weight}" if weight else self.word

    @property
    def compared(self) -> bool:
        """Whether there was anything to compare with."""
        return self.status not in UNCOMPARED

    @property
    def moved(self) -> bool:
        """Whether it was compared and something is to be said about it."""
        return self.compared and self.status != "unchanged"


def word_of(status: VerdictStatus, versus: Versus | None) -> str:
    """What a status is called in a report."""
    if versus is None:
        return status
    return (_SELF_WORDS if versus.is_self else _PAIRED_WORDS).get(status, status)


def sorted_rows(verdicts: tuple[Verdict, ...], versus: Versus | None = None) -> tuple[Row, ...]:
    """Worst first; what was accepted after what was not; within a severity, the largest change first."""
    rows = (_row(verdict, word_of(verdict.status, versus)) for verdict in sorted(verdicts, key=_badness))
    if versus is None:
        return tuple(rows)
    noise = {line.name: line for line in versus.noise}
    return tuple(replace(row, noise=noise.get(row.name)) for row in rows)


def _badness(verdict: Verdict) -> tuple[int, bool, int, float]:
    severity = SEVERITIES.index(verdict.severity) if verdict.severity else -1
    ranked = verdict.status in ("regression", "improvement") and verdict.change_pct is not None
    size = abs(verdict.change_pct or 0.0) if ranked else 0.0
    return ORDER.index(verdict.status), bool(verdict.accepted), -severity, -size


def _row(verdict: Verdict, word: str) -> Row:
    unit = visible(verdict.unit, 40)
    effect = _effect(verdict)
    return Row(
        scenario=visible(verdict.scenario),
        metric=visible(verdict.metric),
        status=verdict.status,
        word=word,
        severity=verdict.severity,
        direction=DIRECTION_WORDS[verdict.direction],
        base=words.quantity(verdict.base, unit),
        head=words.quantity(verdict.head, unit),
        change=words.change(verdict.change_pct),
        interval=words.interval(verdict.ci_low_pct, verdict.ci_high_pct),
        effect=effect,
        sense=_SENSES.get(effect, "") if verdict.unit in _TIMES else effect,
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
    known = low is not None or high is not None
    return Span(
        change=change,
        low=low if low is not None else -math.inf if known else change,
        high=high if high is not None else math.inf if known else change,
        tolerance=verdict.tolerance_pct,
    )
