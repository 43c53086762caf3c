"""Mergeable histograms with buckets of constant relative width.

A bucket spans 0.1 % of its value, so any quantile is known to 0.05 %, whatever its size. Buckets of a common base make
a histogram of two runs the sum of theirs, and a change by a factor a shift of bucket numbers (the idea of HdrHistogram
and of DDSketch: Masson, Rim & Lee 2019, PVLDB 12:12).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

BUCKET = math.log(1.001)
"""Width of a bucket on the logarithmic scale."""

_UNDERFLOW = -60_000
"""Number of the bucket for zero: e^-60 of any unit is nothing that can be measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Counts of samples by bucket; bucket ``first + i`` holds values around ``exp((first + i + 0.5) * BUCKET)``."""

    first: int
    counts: NDArray[np.int64]

    @property
    def n(self) -> int:
        """How many samples there are."""
        return int(self.counts.sum())

    def quantile(self, share: float) -> float:
        """The quantile ``share`` (0 to 1), to 0.05 %. Raises ``ValueError`` when there are no samples."""
        import numpy as np

        total = self.n
        if not total:
            raise ValueError("an empty histogram has no quantiles")
        rank = min(total, max(1, math.ceil(share * total)))
        index = int(np.searchsorted(np.cumsum(self.counts), rank))
        number = self.first + index
        return 0.0 if number <= _UNDERFLOW else math.exp((number + 0.5) * BUCKET)


def from_values(values: NDArray[np.float64] | Iterable[float]) -> Histogram:
    """The histogram of ``values``. Raises ``ValueError`` when one is negative or not finite."""
    import numpy as np

    data = np.asarray(values if hasattr(values, "__array__") or hasattr(values, "__len__") else list(values), float)
    if not np.isfinite(data).all() or (data < 0).any():
        raise ValueError("a histogram holds finite values of zero and more")
    if not data.size:
        return Histogram(first=0, counts=np.zeros(0, dtype=np.int64))
    with np.errstate(divide="ignore"):
        numbers = np.maximum(np.floor(np.log(data) / BUCKET), _UNDERFLOW).astype(np.int64)
    first = int(numbers.min())
    return Histogram(first=first, counts=np.bincount(numbers - first).astype(np.int64))


def merge(histograms: Iterable[Histogram]) -> Histogram:
    """The histogram of all samples together."""
    first, rows = matrix(list(histograms))
    import numpy as np

    return Histogram(first=first, counts=rows.sum(axis=0, dtype=np.int64))


def matrix(histograms: list[Histogram]) -> tuple[int, NDArray[np.int64]]:
    """The histograms as rows of one matrix (histograms x buckets) with a common first bucket."""
    import numpy as np

    filled = [each for each in histograms if each.counts.size]
    if not filled:
        return 0, np.zeros((len(histograms), 0), dtype=np.int64)
    first = min(each.first for each in filled)
    width = max(each.first + each.counts.size for each in filled) - first
    rows = np.zeros((len(histograms), width), dtype=np.int64)
    for row, each in zip(rows, histograms, strict=True):
        start = each.first - first
        if each.counts.size:
            row[start : start + each.counts.size] = each.counts
    return first, rows
