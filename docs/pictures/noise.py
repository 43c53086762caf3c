"""Machines made up for the pictures: the same numbers on every platform and in every version of Python."""

from __future__ import annotations

from random import Random
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_HICCUPS = 0.05
_HICCUP = 4.0


def bells(seed: int, *shape: int) -> Floats:
    """Numbers from a bell curve of deviation 1."""
    import numpy as np

    random, bell = Random(seed), NormalDist()  # noqa: S311 - a picture is no secret
    count = int(np.prod(shape))
    return np.array([bell.inv_cdf(random.random() or 0.5) for _ in range(count)]).reshape(shape)


def timings(seed: int, *shape: int, spread: float) -> Floats:
    """Timings around 1 whose logarithms deviate by ``spread``; one in twenty by four times as much, as machines do."""
    import numpy as np

    random = Random(seed + 1)  # noqa: S311
    plain = bells(seed, *shape)
    rare = np.array([random.random() < _HICCUPS for _ in range(plain.size)]).reshape(shape)
    found: Floats = np.exp(spread * np.where(rare, _HICCUP * plain, plain))
    return found
