"""Steps in the level of many series at once, found online: a run is judged by itself and the runs before it.

The statistic is the mean of two that see different things: the rank-scan and the likelihood of a shift. When a step is
found the level begins anew at its first run, silently for the runs to come: a change is told once. If the runs after
it are back at the old level soon, the old level, with the excursion as a part of it, is what later runs are held
against; otherwise a lucky streak would cost the memory of the series.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfreg.stats.rank_scan import BASE, GAP, HISTORY, SPANS, Spans, below, scores, spans
from perfreg.stats.shift_likelihood import evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]
    Whole = NDArray[np.int64]

BACK_AFTER = 5
"""Runs after an alarm from which it is decided whether the change has gone away again."""

BACK_WITHIN = 0.25
"""A change has gone away when no more than this share of it is left."""

GATE = 1.75
"""The density is only looked at where the ranks alone are this unusual, which saves nearly all the work."""

NARROWEST_SPREAD = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """``threshold`` that the statistic must exceed; changes within ``indifference`` (logarithm) are nobody's concern.

    ``gate`` is the least that ranks alone must say.
    """

    threshold: float
    indifference: float = 0.0075
    gate: float = GATE


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
class Levels:
    """Where each series is: the first run of its level, that of the level before, and when to look whether it is back.

    Runs count from 0 in each series. ``check`` is -1 when there is nothing to look for.
    """

    start: Whole
    before: Whole
    check: Whole

    @classmethod
    def fresh(cls, series: int) -> Levels:
        """Nothing seen yet."""
        import numpy as np

        return cls(
            start=np.zeros(series, dtype=np.int64),
            before=np.zeros(series, dtype=np.int64),
            check=np.full(series, -1, dtype=np.int64),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Logarithms (larger is worse), one row a series: ``HISTORY`` columns of past, then the runs that are to be judged.

    NaN stands before the first run and after the last. A second view of the same runs may be judged beside the first,
    with a sensitivity of its own.
    """

    window: Values
    sensitivity: Sensitivity


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    view: View
    counts: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    first: Whole


def judge(views: tuple[View, ...], origin: Whole, runs: Whole, levels: Levels) -> list[Found]:
    """Judge the next ``runs[i]`` runs of every row, the first of which is run ``origin[i]``; ``levels`` moves along."""
    import numpy as np

    prepared = [_prepare(view) for view in views]
    found: list[Found] = []
    rows = np.flatnonzero(runs > 0)
    position = np.zeros(len(runs), dtype=np.int64)
    while len(rows):
        checked = levels.check[rows] - origin[rows]
        pending = levels.check[rows] >= 0
        end = np.where(pending & (checked < runs[rows]), checked + 1, runs[rows])
        alarms = [each for part in prepared for each in _alarms(part, rows, (position, end), origin, levels)]
        first = _earliest(alarms)
        position[rows] = end
        for alarm in first.values():
            found.append(_restart(alarm, origin, levels))
            position[alarm.row] = alarm.column + 1
        for row in rows[pending & (checked < runs[rows])]:
            if row not in first:
                _look_back(views[0].window[row], int(row), origin, levels)
        rows = rows[position[rows] < runs[rows]]
    return found


def _prepare(view: View) -> _Prepared:
    import numpy as np

    known = ~np.isnan(view.window)
    counts = tuple(below(sign * view.window, view.sensitivity.indifference) for sign in (1.0, -1.0))
    return _Prepared(view=view, counts=(counts[0], counts[1]), first=np.argmax(known, axis=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alarm:
    """A decision at judged column ``column`` of a row: ``size`` is the statistic, ``span`` the runs of the new level."""

    row: int
    column: int
    size: float
    sign: float
    span: int
    base: int
    recent: int
    window: Values


def _earliest(alarms: list[_Alarm]) -> dict[int, _Alarm]:
    first: dict[int, _Alarm] = {}
    for alarm in sorted(alarms, key=lambda each: (each.row, each.column, -each.size)):
        first.setdefault(alarm.row, alarm)
    return first


def _alarms(
    part: _Prepared, rows: Whole, between: tuple[Whole, Whole], origin: Whole, levels: Levels
) -> list[_Alarm]:
    """Every run of ``rows`` between two judged columns whose statistic exceeds the threshold."""
    import numpy as np

    window = part.view.window
    columns = np.arange(window.shape[1] - HISTORY)
    age = origin[rows, None] + columns - levels.start[rows, None] + 1
    age = np.minimum(age, HISTORY + columns + 1 - part.first[rows, None])
    shape = spans(age)
    asked = (columns >= between[0][rows, None]) & (columns < between[1][:, None])
    shape = Spans(recent=np.where(asked, shape.recent, 0), base=np.where(asked, shape.base, 0))
    alarms: list[_Alarm] = []
    for sign, counts in zip((1.0, -1.0), part.counts, strict=True):
        ranked = scores(counts[rows] if len(rows) < len(counts) else counts, shape)
        cases = np.argwhere(ranked[..., [span - 1 for span in SPANS]].max(axis=2) > part.view.sensitivity.gate)
        if len(cases):
            alarms += _decide(part, rows, cases, (shape, ranked[cases[:, 0], cases[:, 1]], sign))
    return alarms


def _decide(part: _Prepared, rows: Whole, cases: Whole, what: tuple[Spans, Values, float]) -> list[_Alarm]:
    """Add to the ranks what the densities say, for the cases (index in ``rows``, column) where ranks are unusual."""
    import numpy as np

    shape, ranked, sign = what
    window, sensitivity = part.view.window, part.view.sensitivity
    recent, base = shape.recent[cases[:, 0], cases[:, 1]], shape.base[cases[:, 0], cases[:, 1]]
    at, row = HISTORY + cases[:, 1], rows[cases[:, 0]]
    newest = sign * window[row[:, None], at[:, None] - np.arange(GAP)]
    back = np.arange(BASE)
    past = sign * window[row[:, None], np.maximum(at[:, None] - recent[:, None] - back, 0)]
    past[back >= base[:, None]] = np.nan
    both = (ranked + evidence(past, newest, indifference=sensitivity.indifference)) / 2
    spans_ = np.array(SPANS) - 1
    size = both[:, spans_].max(axis=1)
    return [
        _Alarm(
            row=int(row[i]),
            column=int(cases[i, 1]),
            size=float(size[i]),
            sign=sign,
            span=int(np.argmax(both[i, 1:])) + 2,
            base=int(base[i]),
            recent=int(recent[i]),
            window=window,
        )
        for i in np.flatnonzero(size > sensitivity.threshold)
    ]


def _restart(alarm: _Alarm, origin: Whole, levels: Levels) -> Found:
    """Begin a new level at the first run of the step."""
    import numpy as np

    end = HISTORY + alarm.column + 1
    series = alarm.window[alarm.row]
    new, old = series[end - alarm.span : end], series[end - alarm.recent - alarm.base : end - alarm.recent]
    middle = float(np.median(old))
    raised = int(origin[alarm.row]) + alarm.column
    located = raised - alarm.span + 1
    levels.before[alarm.row] = levels.start[alarm.row]
    levels.start[alarm.row] = located
    levels.check[alarm.row] = raised + BACK_AFTER
    return Found(
        row=alarm.row,
        raised=raised,
        located=located,
        shift=float(np.median(new)) - middle,
        spread=max(1.4826 * float(np.median(np.abs(old - middle))), NARROWEST_SPREAD),
    )


def _look_back(series: Values, row: int, origin: Whole, levels: Levels) -> None:
    """Take the old level up again if the newest runs are there."""
    import numpy as np

    check = int(levels.check[row])
    levels.check[row] = -1
    at = HISTORY + check - int(origin[row])
    start = HISTORY + int(levels.start[row]) - int(origin[row])
    old = series[max(0, HISTORY + int(levels.before[row]) - int(origin[row]), start - BASE) : max(start, 0)]
    old, new = old[~np.isnan(old)], series[max(start, 0) : at - BACK_AFTER + 1]
    if not len(old):
        return
    middle = float(np.median(old))
    left = float(np.median(series[at - BACK_AFTER + 1 : at + 1])) - middle
    shift = float(np.median(new)) - middle
    if left / shift <= BACK_WITHIN if shift else True:
        levels.start[row] = levels.before[row]
