"""What a decision rule is: a score of how much a number grew, and the limit beyond which that counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

FLAT = 1e-12
"""A spread below this share of the largest value is rounding, not noise."""

_EXTREME = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a rule makes of one new run.

    ``score`` is larger the more the number grew, negative when it shrank, and None when the rule has no answer: then
    ``why`` says what is missing. ``base`` is what the run was held against, and the changes are in percent of it.
    ``p_value`` is two-sided, from rules that are tests. ``z`` is the score in standard deviations, from rules that
    have such a thing.
    """

    score: float | None
    base: float | None = None
    change_pct: float | None = None
    low_pct: float | None = None
    high_pct: float | None = None
    p_value: float | None = None
    z: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One new ``value`` after the ``past`` ones (oldest first), all finite and none larger than 1 in size.

    ``error`` and ``errors`` are the relative standard errors of the new and the past runs by themselves, where known.
    """

    past: Values
    value: float
    level: float = 0.05
    recent: int = 1
    before: int = 30
    error: float = 0.0
    errors: tuple[float, ...] = ()

    @property
    def positive(self) -> bool:
        """Whether all values are above zero, so that logarithms and ratios exist."""
        return self.value > 0 and bool((self.past > 0).all())

    def parts(self) -> tuple[Values, Values]:
        """At most ``before`` runs, and after them the ``recent`` newest ones with the run at hand as the last."""
        import numpy as np

        cut = self.past.size - (self.recent - 1)
        return self.past[max(0, cut - self.before) : cut], np.append(self.past[cut:], self.value)


Measure = Callable[[Case], Score]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One registered rule: a run has changed when the size of its score is above the limit.

    ``unit`` are the words after a score. ``limit`` is the customary one; None leaves it to the significance level, and
    then the rule gives a ``p_value``. A rule with ``recent`` runs pools: it holds so many of the newest ones, the run
    at hand included, against at most ``before`` runs before them, and is blind to a change until some have followed it.
    ``needs`` is the fewest past runs it can work with, besides the recent ones. Outlying past runs are left out
    beforehand unless the rule ``keeps_outliers``, because it is proof against them or would take a run that has
    changed for one.
    """

    name: str
    summary: str
    unit: str
    measure: Measure
    limit: float | None = None
    needs: int = 1
    recent: int | None = None
    before: int = 30
    keeps_outliers: bool = False

    def score(
        self,
        past: Sequence[float] | Values,
        value: float,
        *,
        level: float = 0.05,
        recent: int | None = None,
        errors: tuple[float, Sequence[float]] = (0.0, ()),
    ) -> Score:
        """Hold ``value`` against the ``past`` values, oldest first; values that are no finite numbers are no runs.

        ``recent`` overrides how many of the newest runs a rule pools; others ignore it.
        ``errors`` are the relative standard errors of the value and of the past ones. Never raises for any numbers,
        and never finds a change because something could not be computed.
        """
        import numpy as np

        if not math.isfinite(value):
            return no_answer("the value is no finite number")
        data = np.asarray(past, dtype=np.float64)
        sound = np.isfinite(data)
        newest = (recent or self.recent) if self.recent else 1
        needed = self.needs + newest - 1
        if sound.sum() < needed:
            runs = "run" if needed == 1 else "runs"
            return no_answer(f"it needs {needed} past {runs} and has {int(sound.sum())}")
        data = data[sound]
        scale = max(abs(value), float(np.abs(data).max())) or 1.0
        own, others = errors
        case = Case(
            past=data / scale,
            value=value / scale,
            level=level,
            recent=newest,
            before=self.before,
            error=own,
            errors=tuple(each for each, is_sound in zip(others, sound, strict=False) if is_sound),
        )
        with np.errstate(all="ignore"):
            return _checked(self.measure(case), scale)


def no_answer(why: str) -> Score:
    """The score of a rule that has no answer."""
    return Score(score=None, why=why)


def flat(what: str) -> Score:
    """The score where nothing varies, so that no distance can be measured."""
    return no_answer(f"{what} do not differ, so there is no spread to measure by; another rule has to judge it")


def sigmas(p_value: float, sign: float) -> float:
    """How many standard deviations of a normal distribution are as unlikely as a two-sided ``p_value``."""
    from scipy.special import ndtri

    return math.copysign(-float(ndtri(max(p_value, _EXTREME) / 2)), sign) if p_value < 1 else 0.0


def percent(ratio: float) -> float:
    """A ratio as a change in percent, bounded: beyond e^50 it means nothing to anybody."""
    return 100 * min(ratio - 1, math.exp(50.0))


def relative(distance: float, base: float) -> float | None:
    """A distance in percent of ``base``; None around zero."""
    return percent(1 + distance / abs(base)) if abs(base) > FLAT else None


def _checked(found: Score, scale: float) -> Score:
    """The score in the unit of the values, or no answer when a number went astray."""
    numbers = (found.score, found.change_pct, found.low_pct, found.high_pct, found.p_value, found.z)
    if not all(number is None or math.isfinite(number) for number in numbers):
        return no_answer("the numbers are too far apart to compute with")
    return replace(found, base=None if found.base is None else found.base * scale)
