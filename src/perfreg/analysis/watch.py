"""Watch histories for lasting changes of level, online: numbers in, steps out.

`watch` is for one series, `watch_many` for all series of a store or a file at once. Every run is judged by itself and
the runs before it alone: the steps of the first n runs are the same whatever comes after them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from perfreg.analysis.severity import severity_of
from perfreg.analysis.suites import Glimpse, Track, alone, suites, together
from perfreg.stats.rank_scan import HISTORY
from perfreg.stats.step_alarms import View
from perfreg.stats.steps import Batch, Found, Lift, judge

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from perfreg.model.metric import Direction
    from perfreg.model.result import Severity

FALSE_ALARMS: tuple[tuple[float, float], ...] = ((1.0, 4.1), (2.0, 3.4), (3.0, 3.0), (5.0, 2.7), (10.0, 2.2))
"""Percent of quiet stretches of 15 runs with a false alarm, and the threshold that leads to it.

Measured on recorded histories by ``benchmarks/verdict/history.py``.
"""

ADJUSTED_EXTRA, RAW_EXTRA = 0.1, 0.5
"""Added to the threshold where a series is judged twice: without what its sessions share, and as it is.

A change that slows all benchmarks of a run at once looks like the machine's; only the series as it is can show it.
"""

_BLOCK = 96
_ROWS = 128
"""Runs and series that are worked on together: their arrays fit into the processor's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How sure to be: ``false_alarms`` is in how many percent of quiet stretches of 15 runs an alarm is put up with.

    ``common_mode`` says whether what the benchmarks of a session share may be taken away.
    """

    false_alarms: float = 5.0
    common_mode: bool = True

    @property
    def threshold(self) -> float:
        """The statistic that has to be exceeded."""
        x = math.log(min(max(self.false_alarms, 0.01), 50.0))
        points = [(math.log(percent), threshold) for percent, threshold in FALSE_ALARMS]
        upper = next((i for i in range(1, len(points) - 1) if points[i][0] >= x), len(points) - 1)
        (x0, y0), (x1, y1) = points[upper - 1], points[upper]
        return y0 + (x - x0) * (y1 - y0) / (x1 - x0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A history, oldest run first; values that are not above zero have no ratio and are passed over.

    ``sessions`` are rising numbers of the sessions that the runs belong to, by which companions are found: series
    with runs of the same session were measured together. A ``companion`` only serves the others and has no steps.
    """

    values: Sequence[float] | NDArray[np.float64]
    direction: Direction = "lower"
    sessions: Sequence[int] | NDArray[np.int64] | None = None
    companion: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A lasting change: ``raised`` is the place of the run that made it certain, ``located`` of the first one after it.

    ``change`` is signed as measured (0.1: the numbers grew by 10 %), ``sigmas`` its size in robust standard deviations
    of the runs before it, and ``worse`` whether the direction of the series makes it a change for the worse.
    """

    raised: int
    located: int
    change: float
    sigmas: float
    worse: bool

    @property
    def severity(self) -> Severity:
        """How grave it is, by the rule for single runs."""
        return severity_of(self.sigmas)


def watch(
    values: Sequence[float] | NDArray[np.float64],
    *,
    direction: Direction = "lower",
    companions: Sequence[Sequence[float] | NDArray[np.float64]] = (),
    policy: Policy = Policy(),
) -> tuple[Step, ...]:
    """The steps of one series, oldest first.

    ``companions`` are other benchmarks of the same sessions with the same direction: as many values each, NaN where a
    benchmark was not run.
    """
    sessions = range(max(len(each) for each in (values, *companions)))
    mine, *_ = watch_many(
        [
            Series(values=values, direction=direction, sessions=sessions[: len(values)]),
            *(
                Series(values=each, direction=direction, sessions=sessions[: len(each)], companion=True)
                for each in companions
            ),
        ],
        policy=policy,
    )
    return mine


def watch_many(series: Sequence[Series], *, policy: Policy = Policy()) -> list[tuple[Step, ...]]:
    """The steps of each series, oldest first."""
    watched = [_Watched.of(each) for each in series]
    for bundle in _bundles(_groups(watched, common_mode=policy.common_mode)):
        for glimpses in zip_longest(*(group.glimpses() for group in bundle)):
            for part in _parts(bundle, glimpses):
                members = [bundle[group].members[i] for group, i in part.members]
                for found in judge(_batch(part, [each.lifts for each in members], policy.threshold)):
                    members[found.row].found.append(found)
    return [each.steps() for each in watched]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watched:
    """A series while it is watched: ``places`` are those of its runs that have a logarithm."""

    track: Track
    places: NDArray[np.int64]
    direction: Direction
    has_sessions: bool
    companion: bool
    lifts: list[Lift] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)

    @classmethod
    def of(cls, series: Series) -> _Watched:
        import numpy as np

        values = np.asarray(series.values, dtype=np.float64)
        places = np.flatnonzero(np.isfinite(values) & (values > 0))
        numbers = places if series.sessions is None else np.asarray(series.sessions, dtype=np.int64)[places]
        rising = series.sessions is not None and bool((np.diff(numbers) > 0).all())
        logs = np.log(values[places]) * (-1.0 if series.direction == "higher" else 1.0)
        return cls(
            track=Track(logs=logs, sessions=numbers),
            places=places,
            direction=series.direction,
            has_sessions=rising,
            companion=series.companion,
        )

    def steps(self) -> tuple[Step, ...]:
        """What was found, in the words of the caller."""
        sign = -1.0 if self.direction == "higher" else 1.0
        return tuple(
            Step(
                raised=int(self.places[found.raised]),
                located=int(self.places[found.located]),
                change=math.expm1(min(sign * found.shift, 50.0)),
                sigmas=abs(found.shift) / found.spread,
                worse=found.shift > 0 and self.direction != "none",
            )
            for found in self.found
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Series that are looked at together, because they share sessions or just to save time."""

    members: list[_Watched]
    shares: bool

    def glimpses(self) -> Iterator[Glimpse]:
        tracks = [each.track for each in self.members]
        return together(tracks) if self.shares else alone(tracks, _BLOCK)


def _groups(watched: Sequence[_Watched], *, common_mode: bool) -> Iterator[_Group]:
    watched = [each for each in watched if len(each.places)]
    candidates = [each for each in watched if common_mode and each.has_sessions]
    lonely = [each for each in watched if not (common_mode and each.has_sessions)]
    for group in suites([each.track.sessions for each in candidates]):
        members = [candidates[i] for i in group]
        if len(members) > 1:
            yield _Group(members=members, shares=True)
        else:
            lonely += members
    lonely.sort(key=lambda each: len(each.places))
    for start in range(0, len(lonely), _ROWS):
        yield _Group(members=lonely[start : start + _ROWS], shares=False)


def _bundles(groups: Iterable[_Group]) -> Iterator[list[_Group]]:
    """Small groups that are looked at side by side, as a few series take nearly the time of many."""
    bundle: list[_Group] = []
    for group in groups:
        bundle.append(group)
        if sum(len(each.members) for each in bundle) >= _ROWS:
            yield bundle
            bundle = []
    if bundle:
        yield bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A glimpse of series of several groups: ``members`` are the places of their groups, and theirs in these."""

    members: list[tuple[int, int]]
    origin: NDArray[np.int64]
    runs: NDArray[np.int64]
    window: NDArray[np.float64]
    adjusted: NDArray[np.float64] | None


def _parts(bundle: Sequence[_Group], glimpses: Sequence[Glimpse | None]) -> Iterator[_Part]:
    """The glimpses of a bundle as few as can be, of not too many series, without those that are companions only."""
    alike: dict[tuple[int, bool], list[tuple[int, Glimpse, list[int]]]] = defaultdict(list)
    for place, glimpse in enumerate(glimpses):
        if glimpse is not None:
            rows = [row for row, i in enumerate(glimpse.members) if not bundle[place].members[i].companion]
            width = glimpse.window.shape[1]
            for start in range(0, len(rows), _most(width)):
                piece = place, glimpse, rows[start : start + _most(width)]
                alike[width, glimpse.adjusted is None].append(piece)
    for (width, _), pieces in alike.items():
        lump: list[tuple[int, Glimpse, list[int]]] = []
        for piece in pieces:
            if lump and sum(len(rows) for *_, rows in lump) + len(piece[2]) > _most(width):
                yield _part(lump)
                lump = []
            lump.append(piece)
        yield _part(lump)


def _most(width: int) -> int:
    """How many series a part may have with so many columns: more where there are fewer runs to be judged."""
    return _ROWS * _BLOCK // (width - HISTORY)


def _part(lump: Sequence[tuple[int, Glimpse, list[int]]]) -> _Part:
    import numpy as np

    adjusted = [glimpse.adjusted[rows] for _, glimpse, rows in lump if glimpse.adjusted is not None]
    return _Part(
        members=[(place, glimpse.members[row]) for place, glimpse, rows in lump for row in rows],
        origin=np.concatenate([glimpse.origin[rows] for _, glimpse, rows in lump]),
        runs=np.concatenate([glimpse.runs[rows] for _, glimpse, rows in lump]),
        window=np.concatenate([glimpse.window[rows] for _, glimpse, rows in lump]),
        adjusted=np.concatenate(adjusted) if adjusted else None,
    )


def _batch(glimpse: _Part, lifts: list[list[Lift]], threshold: float) -> Batch:
    raw = View(window=glimpse.window, threshold=threshold)
    views: tuple[View, ...] = (raw,)
    if glimpse.adjusted is not None:
        adjusted = View(window=glimpse.adjusted, threshold=threshold + ADJUSTED_EXTRA, measured=glimpse.window)
        views = (adjusted, replace(raw, threshold=threshold + RAW_EXTRA))
    return Batch(views=views, origin=glimpse.origin, runs=glimpse.runs, lifts=dict(enumerate(lifts)))
