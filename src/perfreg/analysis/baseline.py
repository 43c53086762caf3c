"""The baseline of each metric, derived from the trusted runs: never stored, so it cannot go stale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from perfreg.model.run import Measurement, Run, ScenarioRecord
from perfreg.stats.predict import inliers

WINDOW = 60
"""At most this many of the newest trusted runs make a baseline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """One metric over the trusted runs of the same environment and scenario hash, oldest first.

    When it is empty, ``why`` says what is there instead and how to get a baseline, and ``mismatch`` is the newest
    value from another environment, for information only.
    """

    points: tuple[Measurement, ...] = ()
    why: str = ""
    mismatch: Measurement | None = None

    @property
    def samples(self) -> int:
        """Samples behind all runs together."""
        return sum(point.n for point in self.points)


def trusted(runs: Iterable[Run]) -> tuple[Run, ...]:
    """The runs that may serve as baseline, oldest first."""
    chosen = (run for run in runs if run.status == "ok" and run.trust != "none")
    return tuple(sorted(chosen, key=lambda run: run.id))


def of_metric(
    measurement: Measurement,
    scenario: ScenarioRecord,
    environment: str,
    runs: Sequence[Run],
    *,
    outlier_limit: float,
) -> Baseline:
    """The baseline that ``measurement`` is compared with, among trusted ``runs`` (oldest first)."""
    same: list[Measurement] = []
    elsewhere: Measurement | None = None
    other_definition = False
    for run in runs:
        point = _find(run, measurement)
        if point is None:
            continue
        if not any(record.name == scenario.name and record.hash == scenario.hash for record in run.scenarios):
            other_definition = True
        elif run.environment.key != environment:
            elsewhere = point
        else:
            same.append(point)
    if not same:
        return Baseline(why=_missing(elsewhere, other_definition=other_definition), mismatch=elsewhere)
    recent = same[-WINDOW:]
    if measurement.nature == "continuous":
        recent = [recent[index] for index in inliers([point.value for point in recent], outlier_limit)]
    return Baseline(points=tuple(recent))


def _find(run: Run, measurement: Measurement) -> Measurement | None:
    wanted = (measurement.scenario, measurement.metric, measurement.unit)
    return next((each for each in run.measurements if (each.scenario, each.metric, each.unit) == wanted), None)


def _missing(elsewhere: Measurement | None, *, other_definition: bool) -> str:
    if elsewhere is not None:
        return (
            "every trusted run was made in another environment; run with --establish-baselines on this kind of machine"
        )
    if other_definition:
        return "the scenario has changed, so a new series starts; run with --establish-baselines"
    return "no trusted run has measured it; run with --establish-baselines"
