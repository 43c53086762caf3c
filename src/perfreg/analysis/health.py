"""How far a baseline can be relied on, as one number from 0 to 1 and the reasons that lower it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FRESH_DAYS = 7.0
STALE_DAYS = 90.0
ENOUGH_RUNS = 5
STEADY = 0.05
ERRATIC = 0.30
HEALTHY = 0.7
"""Below this a baseline is warned of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The score is the mean of four marks from 0 to 1; ``concerns`` names those below one half."""

    score: float
    age: float
    samples: float
    stability: float
    coverage: float
    concerns: tuple[str, ...] = ()


def assess(*, age_days: float, runs: int, spreads: Sequence[float], covered: int, metrics: int) -> Health:
    """Mark a baseline that is ``age_days`` old and has ``runs`` runs.

    ``spreads`` are the relative standard deviations of its series, ``covered`` tells how many of the run's ``metrics``
    have a baseline in this environment.
    """
    typical = sorted(spreads)[len(spreads) // 2] if spreads else STEADY
    marks = {
        "age": _fall(age_days, FRESH_DAYS, STALE_DAYS),
        "samples": min(1.0, runs / ENOUGH_RUNS),
        "stability": _fall(typical, STEADY, ERRATIC),
        "coverage": covered / metrics if metrics else 0.0,
    }
    words = {
        "age": f"its newest run is {age_days:.0f} days old",
        "samples": f"it has {runs} run{'s' if runs != 1 else ''}",
        "stability": f"its runs differ by {100 * typical:.0f} %",
        "coverage": f"it covers {covered} of {metrics} metrics",
    }
    concerns = tuple(words[name] for name, mark in marks.items() if mark < 0.5)
    return Health(score=sum(marks.values()) / len(marks), concerns=concerns, **marks)


def _fall(value: float, good: float, bad: float) -> float:
    """1 up to ``good``, 0 from ``bad`` on, straight in between."""
    return min(1.0, max(0.0, (bad - value) / (bad - good)))
