"""Steps in the level of many series, found online: a run is judged by itself and the runs before it.

When a step is found, a new level begins at its first run, so that a change is told once. While the level is young, the
runs before it stand in for it, lifted to its height: the next change, if it is a clear one, is seen at once. The height
is estimated again when more runs have come. If they are back at the old level by then, there was no lasting change, and
the old level goes on; otherwise a lucky streak would cost the memory of the series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfreg.stats.rank_scan import BASE, HISTORY, Spans, spans
from perfreg.stats.step_alarms import Alarm, Compared, View, median

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]
    Whole = NDArray[np.int64]

YOUNG = 24
"""A level with fewer runs cannot stand alone: a third of them are new, and the rest make a poor base."""

YOUNG_EXTRA = 2.0
"""Added to the threshold while a level is young, since the height of its step is known badly."""

CHECKS = (5, 20)
"""So many runs after an alarm the height of the step is estimated again."""

BACK_WITHIN = 0.25
"""A change has gone when, at the first check, no more than this share of it is left in the runs since the alarm."""

GROWN_BY, GROWN_SPREADS = 0.5, 2.5
"""A change that is larger at the first check by this share of it, and by so many deviations of a run, is told again."""

NARROWEST_SPREAD = 0.001

_NEVER = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A step of row ``row``, seen at run ``raised``, with ``located`` the first run of the new level.

    ``shift`` is the difference of the medians (logarithm), ``spread`` the robust deviation of one run before it.
    """

    row: int
    raised: int
    located: int
    shift: float
    spread: float


@dataclass(slots=True, kw_only=True)
class Lift:
    """A level began at run ``until``, as the alarm at run ``raised`` said; ``last_view`` is whether it came from there.

    While the level is young, each view moves the runs before it to its height.
    """

    until: int
    raised: int
    last_view: bool
    checks: int = 0

    def next_check(self) -> int:
        """The run with which the height is estimated again."""
        return self.raised + CHECKS[self.checks] if self.checks < len(CHECKS) else _NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The runs to be judged: of each row, ``runs`` of them, the first of which is number ``origin`` of its series.

    ``lifts`` is what is remembered of each series besides its runs, oldest first. Views show the same runs in different
    lights, the last one as they are. Their windows are changed by lifting.
    """

    views: tuple[View, ...]
    origin: Whole
    runs: Whole
    lifts: Mapping[int, list[Lift]]


def judge(batch: Batch) -> list[Found]:
    """Find the steps of a batch, in the order of each row's runs; the lists in ``batch.lifts`` move along."""
    import numpy as np

    block = _Block(batch)
    found: list[Found] = []
    position = np.zeros(len(batch.runs), dtype=np.int64)
    rows = np.flatnonzero(batch.runs > 0)
    while len(rows):
        ends = np.array([min(int(batch.runs[row]), block.check(int(row)) + 1) for row in rows])
        alarms = _earliest(block.alarms(rows, position[rows], ends))
        position[rows] = ends
        for alarm in alarms.values():
            found.append(block.lift(alarm))
            position[alarm.row] = alarm.column + 1
        checked = [
            row
            for row, end in zip(rows.tolist(), ends.tolist(), strict=True)
            if row not in alarms and end == block.check(row) + 1
        ]
        found += filter(None, map(block.look_again, checked))
        block.compare_again([*alarms, *checked])
        rows = rows[position[rows] < batch.runs[rows]]
    return found


def _spread(runs: Values) -> float:
    return max(1.4826 * median(abs(runs - median(runs))), NARROWEST_SPREAD)


def _earliest(alarms: list[Alarm]) -> dict[int, Alarm]:
    first: dict[int, Alarm] = {}
    for alarm in sorted(alarms, key=lambda each: (each.row, each.column, -each.size)):
        first.setdefault(alarm.row, alarm)
    return first


class _Block:
    """A batch while it is judged."""

    def __init__(self, batch: Batch) -> None:
        self._batch, self._lifts = batch, batch.lifts
        self._origin: list[int] = batch.origin.tolist()
        self._heights: dict[int, list[float]] = {}
        for row, lifts in self._lifts.items():
            lifts[:-1] = [lift for lift in lifts[:-1] if self._column(row, lift.until) > 0]
            if lifts and self._origin[row] < max(lifts[-1].until + YOUNG, lifts[-1].raised + CHECKS[-1] + 1):
                ends = [self._column(row, lift.until) for lift in lifts[1:]] + [HISTORY]
                for lift, end in zip(lifts, ends, strict=True):
                    self._raise(row, lift, end)
        self._compared = [Compared(view) for view in batch.views]

    def _column(self, row: int, run: int) -> int:
        return max(0, HISTORY + run - self._origin[row])

    def check(self, row: int) -> int:
        """The judged column with which the last lift of ``row`` is estimated again."""
        lifts = self._lifts[row]
        return lifts[-1].next_check() - self._origin[row] if lifts else _NEVER

    def alarms(self, rows: Whole, start: Whole, end: Whole) -> list[Alarm]:
        """The steps of ``rows`` from judged column ``start`` to before ``end``."""
        import numpy as np

        begin = np.array([self._lifts[row][-1].until if self._lifts[row] else 0 for row in rows.tolist()])
        found: list[Alarm] = []
        for compared in self._compared:
            columns = np.arange(int(start.min()), int(end.max()))
            seen = HISTORY + columns + 1 - compared.first[rows, None]
            age = np.minimum(self._batch.origin[rows, None] + columns + 1 - begin[:, None], seen)
            young = (age < YOUNG) & (age < seen)
            shape = spans(np.where(young, seen, age))
            asked = (columns >= start[:, None]) & (columns < end[:, None])
            shape = Spans(recent=np.where(asked, shape.recent, 0), base=np.where(asked, shape.base, 0))
            found += compared.alarms(rows, columns, shape, YOUNG_EXTRA * young)
        return found

    def lift(self, alarm: Alarm) -> Found:
        """Begin a new level, and move the past to its height."""
        old = alarm.old()
        raised = self._origin[alarm.row] + alarm.column
        found = Found(
            row=alarm.row,
            raised=raised,
            located=raised - alarm.span + 1,
            shift=alarm.shift(),
            spread=_spread(old),
        )
        is_last = alarm.window is self._batch.views[-1].window
        lift = Lift(until=found.located, raised=raised, last_view=is_last)
        self._lifts[alarm.row].append(lift)
        self._raise(alarm.row, lift, HISTORY + alarm.column + 1)
        return found

    def look_again(self, row: int) -> Found | None:
        """Estimate the last lift of a row with the runs that came since; take it away if the change has gone.

        A step soon after a step would go unseen in what is estimated, so one that has grown is found again.
        """
        lift = self._lifts[row][-1]
        now = lift.next_check()
        end = self._column(row, now) + 1
        lift.checks += 1
        view = len(self._batch.views) - 1 if lift.last_view else 0
        height = self._heights[row][view]
        series = self._batch.views[view].window[row]
        past, _ = self._sides(series, self._column(row, lift.until), end)
        further = median(series[self._column(row, lift.raised) + 1 : end]) - median(past)
        left = further + height
        if lift.checks == 1 and height * left <= BACK_WITHIN * height**2:
            self._move(row, lift, [-each for each in self._heights[row]])
            self._lifts[row].pop()
            for before in self._lifts[row][-1:]:
                while before.next_check() <= now:  # meanwhile its level was thought to be over
                    before.checks += 1
            return None
        spread = _spread(past)
        self._raise(row, lift, end, self._heights[row])
        if lift.checks > 1 or further * height <= 0:
            return None
        if abs(further) < max(GROWN_BY * abs(height), GROWN_SPREADS * spread):
            return None
        return Found(row=row, raised=now, located=lift.raised + 1, shift=further, spread=spread)

    def compare_again(self, rows: list[int]) -> None:
        """Compare the runs of rows whose past has been moved."""
        if rows:
            for compared in self._compared:
                compared.again(rows)

    @staticmethod
    def _sides(series: Values, split: int, end: int) -> tuple[Values, Values]:
        """Runs before and after a step; either stands for both where the window has only them."""
        import numpy as np

        past, new = series[max(0, split - BASE) : split], series[split:end]
        past, new = past[~np.isnan(past)], new[~np.isnan(new)]
        return (past if len(past) else new), (new if len(new) else past)

    def _raise(self, row: int, lift: Lift, end: int, heights: Sequence[float] = ()) -> None:
        """Move the past of a level to the median of its runs before column ``end``, from the ``heights`` it is at."""
        split, by = self._column(row, lift.until), []
        for view in self._batch.views:
            past, new = self._sides(view.window[row], split, end)
            by.append(median(new) - median(past) if len(new) else 0.0)
        self._move(row, lift, by)
        self._heights[row] = [a + b for a, b in zip(heights or [0.0] * len(by), by, strict=True)]

    def _move(self, row: int, lift: Lift, by: Sequence[float]) -> None:
        split = self._column(row, lift.until)
        for view, each in zip(self._batch.views, by, strict=True):
            view.window[row, :split] += each
