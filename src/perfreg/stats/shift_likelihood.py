"""How much likelier are the newest runs if the level has shifted than if it has not?

Shared machines give a few sharp levels rather than a bell: runs fall on 100 or on 125, hardly ever between. A shift of
3 % then puts runs where none has ever been, which ranks hardly notice, but the density of the past runs does. That
density is a kernel estimate whose width follows the distance to near neighbours (Breiman, Meisel & Purcell 1977,
Variable kernel estimates, Technometrics 19:135), with a thin wide tail for the outliers that have not been seen yet.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]
    Small = NDArray[np.float32]

NEIGHBOUR = 5
"""The kernel at a run reaches to its fifth neighbour."""

NARROWEST = 0.003
"""Kernels are never narrower than 0.3 %: sharper levels than that are luck or rounding."""

TAIL_SHARE, TAIL_WIDTH = 0.02, 3.0
"""One run in fifty comes from a Cauchy tail three times as wide as the spread of the base."""

SHIFTS = (0.015, 0.02, 0.03, 0.04, 0.055, 0.075, 0.1, 0.135, 0.18, 0.24, 0.32, 0.45, 0.65, 1.0)
"""The changes that are considered, each as likely as the other beforehand."""

_AT_ONCE = 32
"""Cases worked on together: their arrays fit into the processor's cache."""


def evidence(base: Values, recent: Values, *, indifference: float) -> Values:
    """Square root of twice the log-likelihood ratio of a shift upwards, for the newest 1, 2, … runs of every case.

    ``base`` and ``recent`` are logarithms with one row a case; ``base`` is padded with NaN, ``recent`` has the newest
    run first. The other hypothesis is the best of no shift and one of ``indifference`` up or down.
    """
    import numpy as np

    if not len(base):
        return np.empty(recent.shape)
    parts = range(0, len(base), _AT_ONCE)
    return np.concatenate(
        [_evidence(base[i : i + _AT_ONCE], recent[i : i + _AT_ONCE], indifference=indifference) for i in parts]
    )


def _evidence(base: Values, recent: Values, *, indifference: float) -> Values:
    import numpy as np

    shifts = _shifts(indifference)
    middle = np.nanmedian(base, axis=1, keepdims=True)
    sorted_base = np.sort(base - middle, axis=1)
    densities = _log_densities(sorted_base, (recent - middle)[..., None] - shifts)
    sums = np.cumsum(densities, axis=1, dtype=np.float64)
    same, shifted = sums[..., :3].max(axis=2), sums[..., 3:]
    best = shifted.max(axis=2)
    mean = best + np.log(np.exp(shifted - best[..., None]).mean(axis=2))
    ratio: Values = np.sqrt(2 * np.maximum(mean - same, 0.0))
    return ratio


@lru_cache(maxsize=4)
def _shifts(indifference: float) -> Values:
    import numpy as np

    return np.concatenate(([0.0, indifference, -indifference], np.log1p(SHIFTS)))


def _log_densities(base: Values, points: Values) -> Small:
    """Logarithm of the density of each sorted, centred and NaN-padded ``base`` at its ``points``, in any shape."""
    import numpy as np

    count = np.sum(~np.isnan(base), axis=1)
    width = _widths(base, count)
    x = points.reshape(len(base), -1).astype(np.float32)[..., None]
    centres = np.where(np.isnan(base), 0.0, base).astype(np.float32)[:, None, :]
    narrow = (1 / width).astype(np.float32)[:, None, :]  # 0 where there is no run
    # Student's t with three degrees of freedom: cheap, and its tails forgive a level that drifts by a little.
    kernel = x - centres
    kernel *= narrow
    np.square(kernel, out=kernel)
    kernel *= np.float32(1 / 3)
    kernel += np.float32(1)
    np.square(kernel, out=kernel)
    np.divide(narrow, kernel, out=kernel)
    weight = (1 - TAIL_SHARE) * 0.3675526 / count
    density = kernel.sum(axis=2) * weight[:, None].astype(np.float32)
    spread = TAIL_WIDTH * np.maximum(1.4826 * np.nanmedian(np.abs(base), axis=1), NARROWEST)[:, None]
    tail = TAIL_SHARE / (np.pi * spread * (1 + np.square(x[..., 0] / spread)))
    logs: Small = np.log(density + tail).astype(np.float32)
    return logs.reshape(points.shape)


def _widths(base: Values, count: NDArray[np.int64]) -> Values:
    """Distance from each run to its fifth neighbour in the sorted row; infinite where there is no run."""
    import numpy as np

    reach = NEIGHBOUR
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
    return np.where(present, np.maximum(width, NARROWEST), np.inf)
