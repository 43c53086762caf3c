"""What was measured, one figure for each metric: the ground of the reports that are for programs."""

from __future__ import annotations

from dataclasses import dataclass

from perfreg.model.metric import Direction
from perfreg.model.result import Result, Verdict
from perfreg.model.run import Measurement
from perfreg.report.escape import visible

_UNIT_LIMIT = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One metric of one scenario. The texts are safe to print on one line; ``exact`` figures are never rounded."""

    scenario: str
    metric: str
    unit: str
    direction: Direction
    value: float
    exact: bool = False

    @property
    def name(self) -> str:
        """``scenario.metric``."""
        return f"{self.scenario}.{self.metric}"


def figures(result: Result) -> tuple[Figure, ...]:
    """In the order of the run. As in every other report, a figure is that of the verdict where there is one.

    No two have the same scenario and metric: of several, the first one stands.
    """
    judged = {(each.scenario, each.metric): each for each in reversed(result.verdicts) if each.head is not None}
    measured = {(each.scenario, each.metric): each for each in reversed(result.run.measurements)}
    keys = [(each.scenario, each.metric) for each in result.run.measurements]
    keys += [(each.scenario, each.metric) for each in result.verdicts]
    found: dict[tuple[str, str], Figure] = {}
    for key in dict.fromkeys(keys):
        figure = _figure(measured.get(key), judged.get(key))
        if figure is not None:
            found.setdefault((figure.scenario, figure.metric), figure)
    return tuple(found.values())


def _figure(measured: Measurement | None, judged: Verdict | None) -> Figure | None:
    about = judged or measured
    value = judged.head if judged else measured.value if measured else None
    if about is None or value is None:
        return None
    return Figure(
        scenario=visible(about.scenario),
        metric=visible(about.metric),
        unit=visible(about.unit, _UNIT_LIMIT),
        direction=about.direction,
        value=float(value),
        exact=measured.nature == "exact" if measured else about.unit == "hash",
    )
