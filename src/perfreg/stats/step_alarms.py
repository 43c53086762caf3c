"""Which of many runs end a step: the rank-scan and the likelihood of a shift, taken together.

Their mean is compared with the threshold. Ranks cannot be fooled by the shape of the noise, densities know that shape;
together they see more than either, and a shortcut falls out: where ranks alone are unsuspicious nobody need look at
densities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfreg.stats.rank_scan import BASE, GAP, HISTORY, SPANS, Spans, below, scores
from perfreg.stats.shift_likelihood import evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]
    Whole = NDArray[np.int64]

GATE = 1.75
"""What ranks alone must say before densities are asked, which saves nearly all the work."""

INDIFFERENCE = 0.0075
"""Changes of the level within 0.75 % (a logarithm) are nobody's concern; a quiet series drifts by as much."""

_SIGNS = (1.0, -1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Logarithms, one row a series: ``HISTORY`` columns of past, then the runs that are to be judged.

    NaN stands before the first run and after the last. The mean of both statistics must exceed ``threshold``.
    """

    window: Values
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A step in ``row``, seen at judged column ``column``: ``span`` runs are of the new level.

    ``size`` is the statistic, ``recent`` and ``base`` are the runs it was taken from, in ``window``.
    """

    row: int
    column: int
    size: float
    span: int
    recent: int
    base: int
    window: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cases:
    """Runs whose ranks are unusual: index among the rows asked for, judged column, shape, scores and threshold."""

    index: Whole
    column: Whole
    recent: Whole
    base: Whole
    ranked: Values
    threshold: Values


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
            counts[rows] = below(sign * self.view.window[rows], INDIFFERENCE)

    def alarms(self, rows: Whole, shape: Spans, extra: Values) -> list[Alarm]:
        """Every step upwards or downwards; ``shape`` and ``extra`` (added to the threshold) have one row for each of
        ``rows`` and one column a judged run.
        """
        import numpy as np

        found: list[Alarm] = []
        for sign, counts in zip(_SIGNS, self._counts, strict=True):
            ranked = scores(counts[rows] if len(rows) < len(counts) else counts, shape)
            i, j = np.nonzero(ranked[..., [span - 1 for span in SPANS]].max(axis=2) > GATE)
            if len(i):
                cases = _Cases(
                    index=i,
                    column=j,
                    recent=shape.recent[i, j],
                    base=shape.base[i, j],
                    ranked=ranked[i, j],
                    threshold=self.view.threshold + extra[i, j],
                )
                found += _decide(self.view.window, sign, rows, cases)
        return found


def _decide(window: Values, sign: float, rows: Whole, cases: _Cases) -> list[Alarm]:
    """Add to the ranks what the densities say, and keep what exceeds the threshold."""
    import numpy as np

    at, row = (HISTORY + cases.column)[:, None], rows[cases.index][:, None]
    newest = sign * window[row, at - np.arange(GAP)]
    back = np.arange(BASE)
    past = sign * window[row, np.maximum(at - cases.recent[:, None] - back, 0)]
    past[back >= cases.base[:, None]] = np.nan
    both = (cases.ranked + evidence(past, newest, indifference=INDIFFERENCE)) / 2
    size = both[:, np.array(SPANS) - 1].max(axis=1)
    return [
        Alarm(
            row=int(row[i, 0]),
            column=int(cases.column[i]),
            size=float(size[i]),
            span=int(np.argmax(both[i, 1:])) + 2,
            recent=int(cases.recent[i]),
            base=int(cases.base[i]),
            window=window,
        )
        for i in np.flatnonzero(size > cases.threshold)
    ]
