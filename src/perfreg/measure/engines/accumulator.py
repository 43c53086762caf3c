"""Histograms that grow: of one quantity, and of response times second by second."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from perfreg.measure.engines.engine import Second
from perfreg.stats.distribution import Distribution, Moments, moments
from perfreg.stats.histogram import BUCKET, Histogram

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FIRST = math.floor(math.log(1e-4) / BUCKET)
_LAST = math.floor(math.log(1e7) / BUCKET)
"""Times in ms from 0.1 µs to almost three hours; what lies outside is counted at the border."""
_TALLY = 1024
COARSE = 20
"""Buckets of a usual histogram in one of the time line."""


@final
class Accumulator:
    """Samples of one quantity in ms."""

    def __init__(self) -> None:
        self._counts: NDArray[np.int64] | None = None
        self._moments = Moments()

    @staticmethod
    def numbers(values: NDArray[np.float64]) -> NDArray[np.int64]:
        """The bucket of each value, counted from the first one."""
        import numpy as np

        found = np.floor(np.log(np.maximum(values, 1e-9)) / BUCKET)
        return (np.clip(found, _FIRST, _LAST) - _FIRST).astype(np.int64)

    def add(self, values: NDArray[np.float64], numbers: NDArray[np.int64]) -> None:
        """Count ``values``, whose `numbers` are at hand."""
        import numpy as np

        if self._counts is None:
            self._counts = np.zeros(_LAST - _FIRST + 1, dtype=np.int64)
        low = int(numbers.min())
        found = np.bincount(numbers - low)
        self._counts[low : low + found.size] += found
        self._moments += moments(values)

    def copy(self) -> Accumulator:
        """Another one that has counted the same."""
        twin = Accumulator()
        twin._counts = None if self._counts is None else self._counts.copy()
        twin._moments = self._moments
        return twin

    def distribution(self) -> Distribution:
        """What was counted so far."""
        import numpy as np

        if self._counts is None:
            empty = Histogram(first=0, counts=np.zeros(0, dtype=np.int64))
            return Distribution(histogram=empty, moments=self._moments)
        return Distribution(histogram=_trimmed(self._counts, _FIRST), moments=self._moments)


@final
class Tally:
    """Durations that come one by one, off the hot path: of connections, of timers."""

    def __init__(self) -> None:
        self._accumulator = Accumulator()
        self._buffer = array("q")

    def add(self, nanoseconds: int) -> None:
        """Count one."""
        self._buffer.append(nanoseconds)
        if len(self._buffer) >= _TALLY:
            self._flush()

    def clear(self) -> None:
        """Forget all of them."""
        self._accumulator = Accumulator()
        self._buffer = array("q")

    def distribution(self) -> Distribution:
        """What was counted so far, in ms."""
        self._flush()
        return self._accumulator.distribution()

    def _flush(self) -> None:
        import numpy as np

        if self._buffer:
            values = np.frombuffer(self._buffer, dtype=np.int64).astype(np.float64) * 1e-6
            self._accumulator.add(values, Accumulator.numbers(values))
            self._buffer = array("q")


def _trimmed(counts: NDArray[np.int64], first: int) -> Histogram:
    import numpy as np

    filled = np.flatnonzero(counts)
    return Histogram(first=first + int(filled[0]), counts=counts[filled[0] : filled[-1] + 1].copy())


def coarse_quantile(buckets: Histogram, share: float) -> float:
    """A quantile (ms) of a second of the time line, to 1 %. Raises ``ValueError`` when there are no samples."""
    import numpy as np

    if not buckets.n:
        raise ValueError("an empty histogram has no quantiles")
    rank = min(buckets.n, max(1, math.ceil(share * buckets.n)))
    number = buckets.first + int(np.searchsorted(np.cumsum(buckets.counts), rank))
    return math.exp((number + 0.5) * COARSE * BUCKET)


@dataclass(slots=True, kw_only=True)
class _Row:
    """A second. There are thousands in an hour, so it is kept small; no second has two thousand million answers."""

    answers: int = 0
    failures: int = 0
    total_ms: float = 0.0
    longest_ms: float = 0.0
    first: int = 0
    counts: NDArray[np.int32] | None = None

    def add(self, values: NDArray[np.float64], numbers: NDArray[np.int64]) -> None:
        import numpy as np

        self.answers += int(values.size)
        self.total_ms += float(values.sum())
        self.longest_ms = max(self.longest_ms, float(values.max()))
        coarse = (numbers + _FIRST) // COARSE
        low = int(coarse.min())
        found = np.bincount(coarse - low).astype(np.int32)
        if self.counts is None:
            self.first, self.counts = low, found
            return
        start, end = min(low, self.first), max(low + found.size, self.first + self.counts.size)
        wider = np.zeros(end - start, dtype=np.int32)
        wider[self.first - start : self.first - start + self.counts.size] += self.counts
        wider[low - start : low - start + found.size] += found
        self.first, self.counts = start, wider

    def second(self) -> Second:
        import numpy as np

        counts = np.zeros(0, dtype=np.int64) if self.counts is None else self.counts.astype(np.int64)
        return Second(
            answers=self.answers,
            failures=self.failures,
            total_ms=self.total_ms,
            longest_ms=self.longest_ms,
            buckets=Histogram(first=self.first, counts=counts),
        )


@final
class TimeLine:
    """What happened in each second, by the moment at which a request ended."""

    def __init__(self) -> None:
        self._rows: list[_Row] = []

    def add(self, seconds: NDArray[np.int64], values: NDArray[np.float64], numbers: NDArray[np.int64]) -> None:
        """Count answers that ended in ``seconds``."""
        import numpy as np

        if seconds[0] == seconds[-1] and (seconds == seconds[0]).all():
            self._row(int(seconds[0])).add(values, numbers)
            return
        for second in np.unique(seconds):
            chosen = seconds == second
            self._row(int(second)).add(values[chosen], numbers[chosen])

    def fail(self, second: int) -> None:
        """Count a failure."""
        self._row(max(0, second)).failures += 1

    def seconds(self) -> tuple[Second, ...]:
        """All seconds from the start of the measurement on."""
        return tuple(row.second() for row in self._rows)

    def _row(self, second: int) -> _Row:
        while len(self._rows) <= second:
            self._rows.append(_Row())
        return self._rows[second]
