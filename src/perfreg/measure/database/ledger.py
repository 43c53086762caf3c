"""What all clients have measured, in histograms: its size does not depend on how long they work."""

from __future__ import annotations

import threading
from array import array
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, final

from perfreg.measure.engines.accumulator import Accumulator
from perfreg.stats.describe import BLOCKS
from perfreg.stats.distribution import Distribution

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TIMES = ("response", "service", "query", "fetch")
"""From being due, from being begun, of the engine, of the driver: kept by slice of the measurement."""
_ROWS = 1024
"""Enough to make numpy's overhead small, few enough that counting them (0.2 ms) is no pause of its own."""
_MOST_COUNTS = 1000


@final
class Ledger:
    """One for all clients, each of whom writes a `Page`. ``parts`` are the names of the statements."""

    def __init__(self, parts: Sequence[str] = ()) -> None:
        self._parts = {name: Accumulator() for name in parts}
        self._times = {name: [Accumulator() for _ in range(BLOCKS + 1)] for name in TIMES}
        self._lag = Accumulator()
        self._lock = threading.Lock()
        self.columns = 1 + len(TIMES) + 1 + len(parts)

    def times(self, name: str) -> tuple[Distribution, ...]:
        """One of `TIMES`, by slice, in ms."""
        return tuple(each.distribution() for each in self._times[name])

    def part(self, name: str) -> Distribution:
        """Times of a statement in ms."""
        return self._parts[name].distribution()

    @property
    def lag(self) -> Distribution:
        """How late passages were begun by the generator's own fault, in ms."""
        return self._lag.distribution()

    def count(self, buffer: array[int]) -> None:
        """Count the rows of a page: the slice, the `TIMES`, the lag, and the parts (ns)."""
        import numpy as np

        table = np.frombuffer(buffer, dtype=np.int64).reshape(-1, self.columns)
        slices, times = table[:, 0], np.multiply(table[:, 1:], 1e-6, dtype=np.float64)
        numbers = Accumulator.numbers(times)
        with self._lock:
            for column, accumulators in enumerate(self._times.values()):
                _spread(accumulators, slices, times[:, column], numbers[:, column])
            for column, accumulator in enumerate((self._lag, *self._parts.values()), start=len(TIMES)):
                accumulator.add(times[:, column], numbers[:, column])


@final
class Page:
    """What one client measures."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._buffer = array("q")
        self._full = _ROWS * ledger.columns
        self.attempts = 0
        self.rows: Counter[int] = Counter()
        """How often a passage had so many rows; where they vary without end, only the first thousand counts."""
        self.errors: Counter[str] = Counter()
        self.said = ""
        """What the first failure said."""

    def write(self, values: Sequence[int], rows: int) -> None:
        """Note a passage that went well."""
        self.attempts += 1
        if rows in self.rows or len(self.rows) < _MOST_COUNTS:
            self.rows[rows] += 1
        self._buffer.extend(values)
        if len(self._buffer) >= self._full:
            self.flush()

    def fail(self, kind: str, message: str) -> None:
        """Note one that did not: it has no time."""
        self.attempts += 1
        self.errors[kind] += 1
        self.said = self.said or message

    def flush(self) -> None:
        """Have the rest counted."""
        if self._buffer:
            self._ledger.count(self._buffer)
            self._buffer = array("q")


def _spread(
    into: list[Accumulator], keys: NDArray[np.int64], values: NDArray[np.float64], numbers: NDArray[np.int64]
) -> None:
    import numpy as np

    for key in np.unique(keys):
        chosen = keys == key
        into[int(key)].add(values[chosen], numbers[chosen])
