"""Rank-scan: have the newest runs of a series ranks that the runs before them do not explain?

For every run the newest ``SPANS`` runs are set against up to ``BASE`` runs of the same level before them. Each new run
gets the normal score of its rank in that base (Conover, Tesfamariam & Reiter 2017, Sequential normal scores, Applied
Stochastic Models in Business and Industry 33), after the smallest change that matters has been taken off, and the
scores of a span add up. Ranks do not mind outliers, and the noise of a series need not be known.

All of it works on many series at once: a *window* is an array of one row a series and one column a run, oldest first,
with NaN before the first run.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]
    Small = NDArray[np.float32]
    Whole = NDArray[np.int64]
    Counts = NDArray[np.uint8]

SPANS = (3, 4, 6, 8, 10, 13)
"""How many of the newest runs are taken together. One or two may be an outlier; from three on it is a level."""

GAP = SPANS[-1]
BASE = 100
"""At most this many runs of the same level are the base; what lies further back says little about today's machines."""

SMALLEST_BASE = 8
"""With fewer runs before the newest ones nothing is decided."""

DEPTH = BASE + GAP - 1
"""With so many runs before it a run is compared: as it may be the newest or the oldest of ``GAP`` new ones."""

HISTORY = BASE + 2 * GAP - 2
"""Columns that a window must have before the first run that is to be judged."""

_FEW_ROWS = 12
"""Up to here all layers are counted at once; more rows keep the processor busy layer by layer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """The shape of each decision: ``recent`` newest runs against the ``base`` runs before them (0: none yet)."""

    recent: Whole
    base: Whole


def spans(age: Whole) -> Spans:
    """How a level of ``age`` runs (the newest included) is divided: a third is new, until there is plenty of it."""
    import numpy as np

    recent = np.minimum(age // 3, GAP)
    base = np.minimum(age - recent, BASE)
    enough = base >= SMALLEST_BASE
    return Spans(recent=np.where(enough, recent, 0), base=np.where(enough, base, 0))


def below(window: Values, lead: float) -> Counts:
    """How often the value of a column, less ``lead``, lies above the runs before it.

    The result has a layer for the nearest 0, 1, 2, … runs before it, in which there are a row for each series and a
    column for each run from ``HISTORY - GAP + 1`` on. Equal values need no care: the lead parts them.
    """
    import numpy as np

    value = window[:, DEPTH:] - lead
    size = value.shape[1]
    counts = np.zeros((DEPTH + 1, *value.shape), dtype=np.uint8)
    if len(window) < _FEW_ROWS:
        before = np.lib.stride_tricks.sliding_window_view(window, size, axis=1)[:, -2::-1].swapaxes(0, 1)
        np.less(before, value, out=counts[1:].view(np.bool_))
        return np.cumsum(counts, axis=0, dtype=np.uint8, out=counts)
    for back in range(1, DEPTH + 1):
        np.less(window[:, DEPTH - back : DEPTH - back + size], value, out=counts[back].view(np.bool_))
        counts[back] += counts[back - 1]
    return counts


def scores(counts: Counts, rows: Whole, start: int, shape: Spans) -> Small:
    """Standardised sums of the normal scores of the newest 1, 2, … ``GAP`` runs: a layer for each of these numbers.

    ``counts`` come from `below`; ``shape`` has a row for each of ``rows`` and a column for each judged run (those after
    ``HISTORY``) from ``start`` on. Spans that are longer than what is new in a level are minus infinity.
    """
    import numpy as np

    long = np.all((shape.base == BASE) | (shape.base == 0), axis=1)
    sums = np.empty((GAP, *shape.base.shape), dtype=np.float32)
    for which, of_some in ((long, _of_long_levels), (~long, _of_any_levels)):
        some = np.flatnonzero(which)
        if len(some) == len(rows):
            of_some(counts, rows, start, shape, sums)
        elif len(some):
            part = np.empty((GAP, len(some), shape.base.shape[1]), dtype=np.float32)
            of_some(counts, rows[some], start, Spans(recent=shape.recent[some], base=shape.base[some]), part)
            sums[:, some] = part
    return sums


def _of_long_levels(counts: Counts, rows: Whole, start: int, shape: Spans, sums: Small) -> None:
    """Of levels whose base is as long as can be, so that all runs have their neighbours at the same places."""
    import numpy as np

    table, deviations = _normal_scores()
    columns = shape.base.shape[1]
    whole = len(rows) == counts.shape[1]
    for back in range(GAP):
        place, near = start + GAP - 1 - back, GAP - 1 - back
        low, high = (
            layer[:, place : place + columns] if whole else layer[rows, place : place + columns]
            for layer in (counts[near], counts[near + BASE])
        )
        table[BASE].take(high - low, out=sums[back], mode="clip")
        if back:
            sums[back] += sums[back - 1]
    sums /= deviations[BASE][:, None, None]
    sums[:, shape.recent == 0] = -np.inf


def _of_any_levels(counts: Counts, rows: Whole, start: int, shape: Spans, sums: Small) -> None:
    import numpy as np

    back = np.arange(GAP)[:, None, None]
    columns = shape.base.shape[1]
    at = rows[:, None] * counts.shape[2] + np.arange(start, start + columns) + GAP - 1 - back
    layer = counts.shape[1] * counts.shape[2]
    at += np.maximum(shape.recent - back - 1, 0) * layer
    flat = counts.reshape(-1)
    beneath = np.subtract(flat.take(at + shape.base * layer), flat.take(at), dtype=np.uint8)
    table, deviations = _normal_scores()
    np.cumsum(table[shape.base, beneath], axis=0, out=sums)
    sums /= np.moveaxis(deviations[shape.base], 2, 0)
    sums[back >= shape.recent] = -np.inf


@lru_cache(maxsize=1)
def _normal_scores() -> tuple[Small, Small]:
    """By size of the base: the score of each rank, and the deviation of the sum of 1, 2, … scores.

    The newest runs share one base, whose luck they share too: hence the k/n (as in a two-sample test).
    """
    import numpy as np
    from scipy.special import ndtri

    base = np.arange(BASE + 1)[:, None]
    table = ndtri((np.minimum(np.arange(BASE + 1), base) + 0.5) / (base + 1))
    variance = np.array([np.mean(table[n, : n + 1] ** 2) for n in range(BASE + 1)])
    k = np.arange(1, GAP + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        deviations = np.sqrt(k * (1 + k / base) * variance[:, None])
    deviations[0] = np.inf
    return table.astype(np.float32), deviations.astype(np.float32)
