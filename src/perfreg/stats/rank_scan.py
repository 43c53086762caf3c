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

SPANS = (3, 4, 6, 8, 10, 13)
"""How many of the newest runs are taken together. One or two may be an outlier; from three on it is a level."""

GAP = SPANS[-1]
BASE = 100
"""At most this many runs of the same level are the base; what lies further back says little about today's machines."""

SMALLEST_BASE = 8
"""With fewer runs before the newest ones nothing is decided."""

HISTORY = BASE + 2 * GAP - 2
"""Columns that a window must have before the first run that is to be judged."""


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


def below(window: Values, lead: float) -> NDArray[np.uint8]:
    """How often the value of a column, less ``lead``, lies above the runs before it.

    The result has a row for each series, a column for each run from ``HISTORY - GAP + 1`` on, and the number for the
    nearest 0, 1, 2, … runs before it. Equal values need no care: the lead parts them.
    """
    import numpy as np

    depth = BASE + GAP - 1
    view = np.lib.stride_tricks.sliding_window_view(window, depth + 1, axis=1)
    value, before = view[..., -1:] - lead, view[..., -2::-1]
    counts = np.zeros((*view.shape[:2], depth + 1), dtype=np.uint8)
    np.less(before, value, out=counts[..., 1:].view(np.bool_))
    return np.cumsum(counts, axis=2, dtype=np.uint8, out=counts)


def scores(counts: NDArray[np.uint8], shape: Spans) -> Small:
    """Standardised sums of the normal scores of the newest 1, 2, … ``GAP`` runs, for every series and judged run.

    ``counts`` come from `below`; ``shape`` has a row for each series and a column for each run after ``HISTORY``.
    Spans that are longer than what is new in a level are minus infinity.
    """
    import numpy as np

    rows, runs = shape.base.shape
    back = np.arange(GAP)
    at = (np.arange(rows)[:, None] * counts.shape[1] + np.arange(runs) + GAP - 1)[..., None] - back
    near = np.maximum(shape.recent[..., None] - back - 1, 0)
    at *= counts.shape[2]
    at += near
    flat = counts.reshape(-1)
    beneath = np.subtract(flat.take(at + shape.base[..., None]), flat.take(at), dtype=np.uint8)
    table, deviations = _normal_scores()
    sums: Small = np.cumsum(table[shape.base[..., None], beneath], axis=2)
    sums /= deviations[shape.base]
    sums[back >= shape.recent[..., None]] = -np.inf
    return sums


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
