"""What a store knows about one metric, as the analysis wants it."""

from __future__ import annotations

from dataclasses import dataclass

from perfreg.model.metric import Direction
from perfreg.model.run import Status, Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What decides whether a run may be a baseline: a run without its measurements. ``environment`` is its key."""

    id: str
    started_at: str
    status: Status
    trust: Trust
    regressed: tuple[str, ...] = ()
    commit: str = ""
    environment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One run's figure in a series. ``run`` is the run's id."""

    run: str
    value: float
    n: int
    std_error: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesKey:
    """What makes figures comparable: the same metric of the same scenario definition in the same environment."""

    environment: str
    scenario: str
    scenario_hash: str
    metric: str
    unit: str

    @property
    def name(self) -> str:
        """``scenario.metric``, which globs are matched with."""
        return f"{self.scenario}.{self.metric}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The figures of one series, oldest first, from trusted runs alone.

    ``elsewhere`` is the newest trusted figure of another environment and ``other_definition`` tells that the scenario
    was measured under another definition: both explain an empty series and are never compared with.
    """

    key: SeriesKey
    direction: Direction = "lower"
    points: tuple[Point, ...] = ()
    elsewhere: Point | None = None
    other_definition: bool = False
