"""The baseline of each metric, derived from the trusted runs: never stored, so it cannot go stale."""

from __future__ import annotations

from dataclasses import dataclass

from perfreg.analysis.adoption import adopted
from perfreg.model.history import Point, Series
from perfreg.model.metric import Nature
from perfreg.stats.predict import inliers

WINDOW = 60
"""At most this many of the newest trusted runs make a baseline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """One metric over the trusted runs of the same environment and scenario hash, oldest first.

    When it is empty, ``why`` says what is there instead and how to get a baseline, and ``elsewhere`` is the newest
    value from another environment, for information only.
    """

    points: tuple[Point, ...] = ()
    why: str = ""
    elsewhere: Point | None = None

    @property
    def samples(self) -> int:
        """Samples behind all runs together."""
        return sum(point.n for point in self.points)


def of_series(series: Series, *, nature: Nature, outlier_limit: float, adoption_threshold: float) -> Baseline:
    """The baseline that a figure of this series is compared with."""
    if not series.points:
        return Baseline(why=_missing(series), elsewhere=series.elsewhere)
    if nature != "continuous":
        return Baseline(points=series.points)
    values = [point.value for point in series.points]
    points = series.points[adopted(values, series.direction, adoption_threshold) :]
    return Baseline(points=tuple(points[index] for index in inliers([point.value for point in points], outlier_limit)))


def _missing(series: Series) -> str:
    if series.elsewhere is not None:
        return (
            "every trusted run was made in another environment; run with --establish-baselines on this kind of machine"
        )
    if series.other_definition:
        return "the scenario has changed, so a new series starts; run with --establish-baselines"
    return "no trusted run has measured it; run with --establish-baselines"
