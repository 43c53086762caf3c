"""Which of many runs end a step: the rank-scan and the likelihood of a shift, taken together.

Their mean is compared with the threshold. Ranks cannot be fooled by the shape of the noise, densities know that shape;
together they see more than either, and a shortcut falls out: where ranks alone are unsuspicious nobody need look at
densities.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from perfreg.stats.rank_scan import BASE, GAP, HISTORY, SPANS, Spans, below, scores
from perfreg.stats.shift_likelihood import evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]
    Whole = NDArray[np.int64]

HEAD_START = 0.9
"""Ranks alone must come this near to the threshold before densities are asked, which saves nearly all the work."""

INDIFFERENCE = 0.0075
"""Changes of the level within 0.75 % (a logarithm) are nobody's concern; a quiet series drifts by as much."""

BETTER_EXTRA = 0.5
"""Added to the threshold for steps downwards: they alarm nobody, and a wrong one costs the memory of the level."""

SPAN_EXTRA = {span: 0.04 * (8 - span) for span in SPANS}
"""Added to the threshold for so many new runs. Short spans change with every run, so they have more chances to look
unusual than long ones, which say nearly the same from run to run."""

MEASURED = 0.25
"""So much of a step must be in the runs as they were measured."""

THIN, MARGIN, FULL = 5, 0.25, 50
"""Densities are first looked at cursorily, if the base has runs enough, and again where the threshold is near."""

_SIGNS = (1.0, -1.0)


def median(values: Values) -> float:
    """The median of a few values, without what numpy does for arrays of any kind."""
    import numpy as np

    ordered, size = np.sort(values), len(values)
    return float(ordered[(size - 1) // 2] + ordered[size // 2]) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Logarithms, one row a series: ``HISTORY`` columns of past, then the runs that are to be judged.

    NaN stands before the first run and after the last. The mean of both statistics must exceed ``threshold``. Where
    something has been taken off the runs, ``measured`` are the runs with it.
    """

    window: Values
    threshold: float
    measured: Values | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A step in ``row``, seen at judged column ``column``: ``span`` runs are of the new level.

    ``size`` is the statistic less `SPAN_EXTRA`, ``recent`` and ``base`` are the runs it was taken from, in ``window``.
    """

    row: int
    column: int
    size: float
    span: int
    recent: int
    base: int
    window: Values

    def old(self, window: Values | None = None) -> Values:
        """The runs before the step, in this window or another one of the same runs."""
        series: Values = (self.window if window is None else window)[self.row]
        end = HISTORY + self.column + 1 - self.recent
        return series[end - self.base : end]

    def shift(self, window: Values | None = None) -> float:
        """The difference of the medians of the runs on both sides."""
        series, end = (self.window if window is None else window)[self.row], HISTORY + self.column + 1
        return median(series[end - self.span : end]) - median(self.old(window))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cases:
    """Runs whose ranks are unusual: judged column of a row, direction, shape, scores of the ranks, and threshold."""

    row: Whole
    column: Whole
    sign: Values
    recent: Whole
    base: Whole
    ranked: Values
    threshold: Values

    def only(self, which: NDArray[Any]) -> _Cases:
        """Some of them."""
        return _Cases(**{each.name: getattr(self, each.name)[which] for each in fields(self)})


class Compared:
    """A view with every run compared with those before it; `again` compares rows whose past has been moved."""

    def __init__(self, view: View) -> None:
        import numpy as np

        self.view = view
        self.first = np.argmax(~np.isnan(view.window), axis=1)
        self._counts = [below(sign * view.window, INDIFFERENCE) for sign in _SIGNS]

    def again(self, rows: list[int]) -> None:
        """Compare the runs of ``rows`` anew."""
        for sign, counts in zip(_SIGNS, self._counts, strict=True):
            counts[:, rows] = below(sign * self.view.window[rows], INDIFFERENCE)

    def alarms(self, rows: Whole, columns: Whole, shape: Spans, extra: Values) -> list[Alarm]:
        """The first step of each row, and maybe more.

        ``shape`` and ``extra`` (added to the threshold) have a row for each of ``rows`` and a column for each of
        ``columns``, which are judged ones next to each other.
        """
        import numpy as np

        parts: list[list[NDArray[Any]]] = []
        for sign, counts in zip(_SIGNS, self._counts, strict=True):
            threshold = self.view.threshold + extra + (BETTER_EXTRA if sign < 0 else 0.0)
            ranked = scores(counts, rows, int(columns[0]), shape)
            highest = ranked[SPANS[0] - 1].copy()
            for span in SPANS[1:]:
                np.maximum(highest, ranked[span - 1], out=highest)
            i, j = np.nonzero(highest > threshold - HEAD_START)
            parts.append(
                [
                    rows[i],
                    columns[j],
                    np.full(len(i), sign),
                    shape.recent[i, j],
                    shape.base[i, j],
                    ranked[:, i, j].T,
                    threshold[i, j],
                ]
            )
        row, column, signs, recent, base, both, limit = (np.concatenate(part) for part in zip(*parts, strict=True))
        cases = _Cases(row=row, column=column, sign=signs, recent=recent, base=base, ranked=both, threshold=limit)
        return _decide(self.view, cases) if len(row) else []


def _decide(view: View, cases: _Cases) -> list[Alarm]:
    """Add what the densities say to the ranks, and keep what exceeds the threshold: at least the first of each row."""
    import numpy as np

    window = view.window
    near = cases.base < FULL
    many = np.flatnonzero(~near)
    near[many] = _sizes(window, cases.only(many), THIN)[0] > cases.threshold[many] - MARGIN
    cases = cases.only(near)
    found: list[Alarm] = []
    early = _early(cases)
    for part in (early, ~early):
        # What comes after a step is judged again once the past has been lifted to it.
        alarmed = np.array([alarm.row for alarm in found], dtype=np.int64)
        some = cases.only(part & ~np.isin(cases.row, alarmed))
        size, span = _sizes(window, some)
        alarms = (
            Alarm(
                row=int(some.row[i]),
                column=int(some.column[i]),
                size=float(size[i]),
                span=int(span[i]),
                recent=int(some.recent[i]),
                base=int(some.base[i]),
                window=window,
            )
            for i in np.flatnonzero(size > some.threshold)
        )
        found += [alarm for alarm in alarms if _is_measured(alarm, view.measured)]
    return found


def _is_measured(alarm: Alarm, measured: Values | None) -> bool:
    """Whether enough of the step is in the runs as they were measured, so that what was taken off did not make it."""
    if measured is None:
        return True
    shift = alarm.shift(measured)
    return shift * alarm.shift() >= MEASURED * alarm.shift() ** 2


def _early(cases: _Cases) -> NDArray[np.bool_]:
    """Which cases are among the first few of their row."""
    import numpy as np

    order = np.lexsort((cases.column, cases.row))
    row = cases.row[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    early = np.zeros(len(row), dtype=np.bool_)
    early[order] = place < 3
    return early


def _sizes(window: Values, cases: _Cases, thin: int = 1) -> tuple[Values, Whole]:
    """The statistic of each case less `SPAN_EXTRA`, and how many runs it takes the new level to have."""
    import numpy as np

    at, row, sign = (HISTORY + cases.column)[:, None], cases.row[:, None], cases.sign[:, None]
    newest = sign * window[row, at - np.arange(GAP)]
    back = np.arange(BASE)
    past = sign * window[row, np.maximum(at - cases.recent[:, None] - back, 0)]
    past[back >= cases.base[:, None]] = np.nan
    both = (cases.ranked + evidence(past, newest, indifference=INDIFFERENCE, thin=thin)) / 2
    beyond = both[:, [span - 1 for span in SPANS]] - np.array(list(SPAN_EXTRA.values()))
    return beyond.max(axis=1), np.argmax(both[:, 1:], axis=1) + 2
