"""What the baseline has and the run at hand lacks."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from perfreg.model.history import Series
from perfreg.model.run import Run

RUNS = 3
"""A metric is missed that each of so many newest runs of its scenario had: what comes and goes is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """``metrics`` that a measured scenario no longer reports, ``scenarios`` that the configuration no longer has."""

    metrics: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()


def find_missing(series: Iterable[Series], run: Run, configured: Collection[str]) -> Missing:
    """Hold the series of the run's environment, oldest run first, against what ``run`` measured.

    A broken scenario has a verdict already, and one that was not chosen for this run is nobody's loss.
    """
    known = [each for each in series if each.points and each.key.environment == run.environment.key]
    if not known:
        return Missing()
    newest = max(each.points[-1].run for each in known)
    measured = {(each.scenario, each.metric) for each in run.measurements}
    metrics: list[str] = []
    for record in run.scenarios:
        mine = [each for each in known if (each.key.scenario, each.key.scenario_hash) == (record.name, record.hash)]
        runs = set(sorted({point.run for each in mine for point in each.points})[-RUNS:])
        if record.status == "ok":
            metrics += [
                each.key.name
                for each in mine
                if (each.key.scenario, each.key.metric) not in measured and runs <= {point.run for point in each.points}
            ]
    gone = {each.key.scenario for each in known if each.points[-1].run == newest} - set(configured)
    return Missing(metrics=tuple(sorted(set(metrics))), scenarios=tuple(sorted(gone)))
