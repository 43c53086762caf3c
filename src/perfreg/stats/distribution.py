"""What is kept of many samples: their histogram, and exactly their sum, their squares and their range.

Distributions of the same quantity add up, so workers and slices of time are merged without the samples themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfreg.stats import histogram
from perfreg.stats.histogram import Histogram

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """How many samples there were, their sum, the sum of their squares, the smallest and the largest."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0
    low: float = math.inf
    high: float = -math.inf

    @property
    def mean(self) -> float:
        """The mean. Raises ``ZeroDivisionError`` when there are no samples."""
        return self.total / self.n

    @property
    def std(self) -> float | None:
        """The standard deviation; None from fewer than two samples."""
        if self.n < 2:
            return None
        return math.sqrt(max(0.0, self.squares - self.total * self.total / self.n) / (self.n - 1))

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            n=self.n + other.n,
            total=self.total + other.total,
            squares=self.squares + other.squares,
            low=min(self.low, other.low),
            high=max(self.high, other.high),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Samples of one quantity, by histogram and moments."""

    histogram: Histogram
    moments: Moments

    @property
    def n(self) -> int:
        """How many samples there are."""
        return self.moments.n

    def quantile(self, share: float) -> float:
        """The quantile ``share`` (0 to 1), to 0.05 %. Raises ``ValueError`` when there are no samples."""
        return min(max(self.histogram.quantile(share), self.moments.low), self.moments.high)

    def statistic(self, name: str) -> float:
        """``mean``, ``min``, ``max`` or a percentile such as ``p95``. Raises ``ValueError`` without samples."""
        if not self.n:
            raise ValueError("no samples, no statistics")
        if name.startswith("p"):
            return self.quantile(float(name.removeprefix("p")) / 100)
        return {"mean": self.moments.mean, "min": self.moments.low, "max": self.moments.high}[name]


def moments(values: NDArray[np.float64]) -> Moments:
    """The moments of ``values``."""
    if not values.size:
        return Moments()
    return Moments(
        n=int(values.size),
        total=float(values.sum()),
        squares=float((values * values).sum()),
        low=float(values.min()),
        high=float(values.max()),
    )


def distribution(values: Sequence[float] | NDArray[np.float64]) -> Distribution:
    """The distribution of ``values``. Raises ``ValueError`` when one is negative or not finite."""
    import numpy as np

    data = np.asarray(values, dtype=np.float64)
    return Distribution(histogram=histogram.from_values(data), moments=moments(data))


EMPTY = Moments()


def merge(distributions: Iterable[Distribution]) -> Distribution:
    """All samples together."""
    parts = list(distributions)
    return Distribution(
        histogram=histogram.merge(each.histogram for each in parts),
        moments=sum((each.moments for each in parts), EMPTY),
    )
