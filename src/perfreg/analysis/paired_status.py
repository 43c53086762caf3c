"""The verdict on one continuous metric, from a look at its rounds."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from perfreg.analysis.evidence import is_worse
from perfreg.analysis.paired_look import Sight
from perfreg.analysis.paired_words import finding, sentence
from perfreg.model.metric import Direction
from perfreg.model.result import SEVERITIES, Severity, Verdict
from perfreg.model.rule import ResolvedRule
from perfreg.stats.sequential import Decision, Look

_GRAVE_PCT = (2.0, 5.0, 20.0)
_HUGE = math.log(1e300)
_EQUAL = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict before budgets and acceptance. ``decided``: more rounds would not change it."""

    verdict: Verdict
    decided: bool
    look: Look | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Where a comparison stands. ``decision`` is what is certain among all metrics, ``doubt`` why more is not."""

    decision: Decision
    alpha: float
    final: bool
    doubt: str = ""


def judged(blank: Verdict, sight: Sight, rule: ResolvedRule, stand: Stand) -> Judged:
    """The verdict of one metric; ``blank`` tells which."""
    look = sight.look
    effect = math.log1p(rule.tolerance_pct / 100)
    verdict = replace(
        blank,
        base=sight.base,
        head=sight.head,
        change_pct=percent(look.change),
        ci_low_pct=percent(look.low),
        ci_high_pct=percent(look.high),
        method=sight.method,
    )
    if rule.direction == "none":
        plain = f"{finding(look, 'round')}; informative, as it has no better direction"
        return Judged(verdict=replace(verdict, reason=plain), decided=True, look=look)
    grown = is_worse(rule.direction, grew=True)
    equal = max(abs(look.low), abs(look.high)) < _EQUAL
    if stand.decision in ("slower", "faster"):
        worse = (stand.decision == "slower") == grown
        words = sentence(look, status="regression" if worse else "improvement", effect=effect, unit="round")
        if not worse:
            return Judged(verdict=replace(verdict, status="improvement", reason=words), decided=True, look=look)
        severity = severity_of_change(look, rule.direction)
        verdict = replace(verdict, status="regression", severity=severity, reason=words)
        return Judged(verdict=verdict, decided=True, look=look)
    if stand.decision == "same" or equal:
        words = sentence(look, status="unchanged", effect=effect, unit="round")
        return Judged(verdict=replace(verdict, reason=words), decided=True, look=look)
    if not stand.doubt and (look.p_not_slower if grown else look.p_not_faster) <= stand.alpha:
        # A regression is excluded. Whether it is a gain is worth measuring on, but no warning at the end.
        words = f"{finding(look, 'round')}: no regression, and perhaps a gain"
        return Judged(verdict=replace(verdict, reason=words), decided=False, look=look)
    words = sentence(look, status="inconclusive", effect=effect, unit="round")
    reason = "; ".join(part for part in (words, stand.doubt) if part)
    return Judged(verdict=replace(verdict, status="inconclusive", reason=reason), decided=False, look=look)


def severity_of_change(look: Look, direction: Direction) -> Severity:
    """Severity by the least change that the interval leaves: from 2 % medium, from 5 % high, from 20 % critical.

    Standard deviations would tell how sure one is, and call half a percent critical on a quiet machine.
    """
    least = look.low if is_worse(direction, grew=True) else -look.high
    worse = 100 * math.expm1(min(least, _HUGE)) * (1 + 1e-9)
    return SEVERITIES[sum(worse >= limit for limit in _GRAVE_PCT)]


def percent(shift: float) -> float | None:
    """A logarithm of a ratio as a change in percent; None where nothing bounds it."""
    return 100 * math.expm1(min(shift, _HUGE)) if math.isfinite(shift) else None
