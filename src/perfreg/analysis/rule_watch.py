"""Watch a history by one of the known decision rules, online: every run is held against those before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfreg.analysis.severity import severity_beyond, severity_of
from perfreg.stats.predict import inliers
from perfreg.stats.rules.rule import Rule, Score

if TYPE_CHECKING:
    from perfreg.model.metric import Direction
    from perfreg.model.result import Severity

WINDOW = 60
"""Past runs that a run is held against, as `history.window` is by default."""

OUTLIERS = 3.0
"""Past runs farther off are no runs to rules that do not keep them, as `outlier_threshold` is by default."""

LEVEL = 0.05
"""Two-sided, for rules that are tests, as `significance_level` is by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A change that a rule calls: at run ``raised``; ``located`` is the first of the runs that the rule pooled.

    ``change`` is signed as measured (0.1: the number grew by 10 %), and ``worse`` whether that is bad.
    """

    raised: int
    located: int
    change: float
    severity: Severity
    worse: bool


def watch_by_rule(values: Sequence[float], rule: Rule, *, direction: Direction = "lower") -> tuple[Called, ...]:
    """The changes that ``rule`` calls, oldest first.

    A run is held against the newest runs before it, whatever they were called. Runs in a row that change in the same
    sense are told once.
    """
    found: list[Called] = []
    sense = 0
    for place, value in enumerate(values):
        score = rule.score(_past(values, place, rule), value, level=LEVEL)
        before, sense = sense, _sense(score, rule)
        if sense and sense != before:
            found.append(
                Called(
                    raised=place,
                    located=max(0, place + 1 - (rule.recent or 1)),
                    change=(score.change_pct or 0.0) / 100,
                    severity=_severity(score, rule),
                    worse=direction == ("lower" if sense > 0 else "higher"),
                )
            )
    return tuple(found)


def _past(values: Sequence[float], place: int, rule: Rule) -> list[float]:
    """The runs before ``place``, without those that the rule would not see in a baseline."""
    past = list(values[max(0, place - WINDOW - (rule.recent or 1) + 1) : place])
    return past if rule.keeps_outliers else [past[i] for i in inliers(past, OUTLIERS)]


def _sense(score: Score, rule: Rule) -> int:
    """1 when the run is larger than chance or the rule's limit allows, -1 when it is smaller, else 0."""
    if score.score is None or score.score == 0:
        return 0
    if rule.limit is None:
        changed = score.p_value is not None and score.p_value < LEVEL
    else:
        changed = abs(score.score) > rule.limit
    return (1 if score.score > 0 else -1) if changed else 0


def _severity(score: Score, rule: Rule) -> Severity:
    if score.z is not None:
        return severity_of(score.z)
    return severity_beyond(score.score or 0.0, rule.limit or 0.0)
