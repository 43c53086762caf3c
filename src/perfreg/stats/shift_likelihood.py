"""How much likelier are the newest runs if the level has shifted than if it has not?

Shared machines give a few sharp levels rather than a bell: runs fall on 100 or on 125, hardly ever between. A shift of
3 % then puts runs where none has ever been, which ranks hardly notice, but the density of the past runs does. That
density is a kernel estimate whose width follows the distance to near neighbours (Breiman, Meisel & Purcell 1977,
Variable kernel estimates, Technometrics 19:135), with a thin wide tail for the outliers that have not been seen yet.
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

NEIGHBOUR = 5
"""The kernel at a run reaches to its fifth neighbour."""

NARROWEST = 0.003
"""Kernels are never narrower than 0.3 %: sharper levels than that are luck or rounding."""

TAIL_SHARE, TAIL_WIDTH = 0.02, 3.0
"""One run in fifty comes from a Cauchy tail three times as wide as the spread of the base."""

SHIFTS = (0.015, 0.02, 0.03, 0.04, 0.055, 0.075, 0.1, 0.135, 0.18, 0.24, 0.32, 0.45, 0.65, 1.0)
"""The changes that are considered, each as likely as the other beforehand."""

_AT_ONCE = 300_000
"""Kernels worked on together: their arrays fit into the processor's cache."""


def evidence(base: Values, recent: Values, *, indifference: float, thin: int = 1) -> Values:
    """Square root of twice the log-likelihood ratio of a shift upwards, for the newest 1, 2, … runs of every case.

    ``base`` and ``recent`` are logarithms with one row a case; ``base`` is padded with NaN, ``recent`` has the newest
    run first. The other hypothesis is the best of no shift and one of ``indifference`` up or down. With ``thin`` only
    every so many runs of the sorted base and every third shift are looked at: nearly as good, and much faster.
    """
    import numpy as np

    shifts = _shifts(indifference, 1 + 2 * (thin > 1))
    step = max(1, _AT_ONCE * thin // (base.shape[1] * recent.shape[1] * len(shifts)))
    parts = [slice(i, i + step) for i in range(0, len(base), step)]
    found = [_evidence(base[part], recent[part], shifts, thin) for part in parts]
    return np.concatenate(found) if found else np.empty(recent.shape)


def _evidence(base: Values, recent: Values, shifts: Values, thin: int) -> Values:
    import numpy as np

    ordered = np.sort(base, axis=1)
    count = np.sum(~np.isnan(ordered), axis=1)
    middle = _medians(ordered, count)[:, None]
    ordered -= middle
    if thin > 1:
        ordered = ordered[:, thin // 2 :: thin]
        count = np.sum(~np.isnan(ordered), axis=1)
    # The fifth neighbour is on one side or the other; where every fifth run is left, the next one is farther away.
    widths = _widths(ordered, count, reach=NEIGHBOUR) if thin == 1 else 0.6 * _widths(ordered, count, reach=1)
    densities = _log_densities(_Density.of(ordered, count, widths), (recent - middle)[..., None] - shifts)
    sums = np.cumsum(densities, axis=1, dtype=np.float64)
    same, shifted = sums[..., :3].max(axis=2), sums[..., 3:]
    best = shifted.max(axis=2)
    mean = best + np.log(np.exp(shifted - best[..., None]).mean(axis=2))
    ratio: Values = np.sqrt(2 * np.maximum(mean - same, 0.0))
    return ratio


@lru_cache(maxsize=4)
def _shifts(indifference: float, every: int) -> Values:
    import numpy as np

    return np.concatenate(([0.0, indifference, -indifference], np.log1p(SHIFTS[::every])))


def _medians(ordered: Values, count: Whole) -> Values:
    """Of each sorted row the median of its first ``count`` values."""
    import numpy as np

    rows = np.arange(len(ordered))
    middle: Values = (ordered[rows, (count - 1) // 2] + ordered[rows, count // 2]) / 2
    return middle


@dataclass(frozen=True, slots=True, kw_only=True)
class _Density:
    """Kernels (``narrow`` is one over their width, 0 where there is none), their number, and the spread of the tail."""

    centres: Values
    narrow: Values
    count: Whole
    spread: Values

    @classmethod
    def of(cls, ordered: Values, count: Whole, widths: Values) -> _Density:
        """The density of sorted, centred and NaN-padded rows."""
        import numpy as np

        deviations = _medians(np.sort(np.abs(ordered), axis=1), count)
        return cls(
            centres=np.nan_to_num(ordered),
            narrow=1 / np.maximum(widths, NARROWEST),
            count=count,
            spread=TAIL_WIDTH * np.maximum(1.4826 * deviations, NARROWEST),
        )


def _log_densities(density: _Density, points: Values) -> Small:
    """Logarithm of the density at its ``points``, which have a row for each and any shape."""
    import numpy as np

    x = points.reshape(len(points), -1).astype(np.float32)[..., None]
    centres = density.centres.astype(np.float32)[:, None, :]
    narrow = density.narrow.astype(np.float32)[:, None, :]
    # Student's t with three degrees of freedom: cheap, and its tails forgive a level that drifts by a little.
    kernel = x - centres
    kernel *= narrow
    np.square(kernel, out=kernel)
    kernel *= np.float32(1 / 3)
    kernel += np.float32(1)
    np.square(kernel, out=kernel)
    np.divide(narrow, kernel, out=kernel)
    weight = (1 - TAIL_SHARE) * 0.3675526 / density.count
    body = kernel.sum(axis=2) * weight[:, None].astype(np.float32)
    spread = density.spread[:, None].astype(np.float32)
    tail = np.float32(TAIL_SHARE / np.pi) / (spread * (1 + np.square(x[..., 0] / spread)))
    logs: Small = np.log(body + tail)
    return logs.reshape(points.shape)


def _widths(base: Values, count: Whole, *, reach: int) -> Values:
    """Distance from each run to its ``reach``-th neighbour in the sorted row; infinite where there is no run."""
    import numpy as np

    edges = ((0, 0), (reach, reach))
    padded = np.pad(np.where(np.isnan(base), np.inf, base), edges, constant_values=(-np.inf, np.inf))
    size = base.shape[1]
    own = np.where(np.isnan(base), 0.0, base)
    width = np.full(base.shape, np.inf)
    for left in range(reach + 1):  # a stretch of reach + 1 runs that begins ``left`` before this one
        first = padded[:, reach - left : reach - left + size]
        last = padded[:, 2 * reach - left : 2 * reach - left + size]
        np.minimum(width, np.maximum(last - own, own - first), out=width)
    present = np.arange(size) < count[:, None]
    return np.where(present, width, np.inf)
