"""What a paired comparison was made of: its two sides, its rounds and its own noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SideName = Literal["base", "head"]

Mode = Literal["revisions", "urls", "commands", "environments", "results", "self"]
"""What the sides are: revisions of the code (the tree as it is among them), services that run already, commands, Python
environments, results that were measured apart, or twice the same thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two things compared. ``label`` is what the user called it (a ref, a URL, a command, a file).

    ``commit`` is empty where it is no revision; ``note`` says what else is worth knowing of it.
    """

    name: SideName
    label: str
    commit: str = ""
    dirty: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricNoise:
    """How noisy one metric was in this very session, in percent.

    ``sigma_pct`` is the robust standard deviation of one round's ratio, ``detectable_pct`` the smallest change that
    ``rounds`` rounds show with 90 % probability. ``self_low_pct`` and ``self_high_pct`` bound what base measured
    against itself: they should hold 0. All are None where there were too few rounds to tell.
    """

    scenario: str
    metric: str
    rounds: int
    sigma_pct: float | None = None
    detectable_pct: float | None = None
    self_low_pct: float | None = None
    self_high_pct: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A paired comparison as a whole. ``seed`` repeats its order of blocks; times are in seconds.

    The ``results`` of two runs were not measured side by side: they have no rounds, and all of these are 0.
    """

    mode: Mode = "revisions"
    base: Side
    head: Side
    seed: int
    budget_s: float
    elapsed_s: float
    restarts: int = 0
    noise: tuple[MetricNoise, ...] = ()

    def noise_of(self, scenario: str, metric: str) -> MetricNoise | None:
        """The noise of one metric, if it was measured."""
        return next((each for each in self.noise if (each.scenario, each.metric) == (scenario, metric)), None)
