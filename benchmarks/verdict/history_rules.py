"""The rules of the field on windows of recorded histories: a score for each run of the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from recorded import WINDOW

from perfreg.stats.rules.registry import RULES

Values = NDArray[np.float64]

FLOOR_PCT = 1.5
PAST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A rule of `perfreg.stats.rules` under its usual name: over ``past`` runs, pooling ``recent`` ones."""

    name: str
    rule: str
    past: int = PAST
    recent: int | None = None
    floor_pct: float = 0.0

    def scores(self, logs: Values, lead: int) -> Values:
        """The score of each run of the window after ``lead`` runs; minus infinity where the rule has none."""
        return np.array([self._score(np.exp(logs[: lead + i + 1] - logs[0])) for i in range(WINDOW)])

    def _score(self, values: Values) -> float:
        found = RULES[self.rule].score(values[-1 - self.past : -1], float(values[-1]), recent=self.recent)
        if found.score is None or (self.floor_pct and (found.change_pct or 0.0) < self.floor_pct):
            return -np.inf
        return found.score


RIVALS = (
    Rival(name="ratio to the run before", rule="ratio"),
    Rival(name="ratio to the mean of 30", rule="percentage", past=30),
    Rival(name="z-score", rule="z"),
    Rival(name="t (Bencher)", rule="t", past=64),
    Rival(name="log-normal (Bencher)", rule="log_normal", past=64),
    Rival(name="IQR (Bencher)", rule="iqr", past=64),
    Rival(name="delta-IQR (Bencher)", rule="delta_iqr", past=64),
    Rival(name="Tukey's fence", rule="tukey", past=64),
    Rival(name="change in IQRs (rustc-perf)", rule="change_iqr", past=30),
    Rival(name="robust z", rule="robust_z", past=64),
    Rival(name="moderated t (perfreg, one run)", rule="moderated_t"),
    Rival(name="Mann-Whitney, 5 after 30", rule="mann_whitney", recent=5),
    Rival(name="Mann-Whitney, 10 after 30", rule="mann_whitney", recent=10),
    Rival(name="Welch, 5 after 30", rule="welch", recent=5),
    Rival(name="weighted t (Perfherder), 12 after 24", rule="weighted_t"),
    Rival(name="Mann-Whitney, 5 after 30, from 1.5 %", rule="mann_whitney", recent=5, floor_pct=FLOOR_PCT),
    Rival(name="Mann-Whitney, 10 after 30, from 1.5 %", rule="mann_whitney", recent=10, floor_pct=FLOOR_PCT),
    Rival(name="weighted t (Perfherder), from 1.5 %", rule="weighted_t", floor_pct=FLOOR_PCT),
    Rival(name="rank-scan, from 1.5 %", rule="step"),
)

Scorer = Callable[[Values, int], Values]
