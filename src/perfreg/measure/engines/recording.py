"""Samples on their way from the hot path into histograms.

Every answer writes five integers into a buffer that was allocated before; a full buffer is counted at once by numpy.
What comes of it has the same size after a minute and after an hour, but for a row of the time line each second.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, final

from perfreg.measure.engines.accumulator import Accumulator, TimeLine
from perfreg.measure.engines.engine import RawSamples, Second
from perfreg.stats.describe import BLOCKS
from perfreg.stats.distribution import Distribution, Moments, moments

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ROW = struct.Struct("5q")
_ROWS = 4096
"""Enough to make numpy's overhead small, few enough that counting them (0.1 ms) is no pause of its own."""
_MS = 1e-6


@final
class Recorder:
    """Takes samples of a window of time that starts at ``start_ns`` on the clock of `time.perf_counter_ns`.

    A request counts when it was meant to be made within the window; all count for `requests`.
    """

    def __init__(self, *, start_ns: int, duration_s: float, keep_samples: bool = False) -> None:
        self.start_ns = start_ns
        self.requests = 0
        self.repeated = 0
        self.errors: Counter[str] = Counter()
        self.carried_ns = 0
        """Time inside the window that requests took which were begun before it."""
        self.last_ns = start_ns
        self.samples = RawSamples() if keep_samples else None
        self._slice_ns = max(1, round(duration_s * 1e9) // BLOCKS)
        self._response = [Accumulator() for _ in range(BLOCKS + 1)]
        self._service = [Accumulator() for _ in range(BLOCKS + 1)]
        self._first_byte = Accumulator()
        self._size = Moments()
        self._line = TimeLine()
        self._buffer = bytearray(_ROW.size * _ROWS)
        self._flush: Callable[[], None] = _nothing
        self._same = True

    @property
    def slice_s(self) -> float:
        """Seconds of a slice."""
        return self._slice_ns / 1e9

    def writer(self) -> Callable[[int, int, int, int, int], None]:
        """The function that records an answer: when it was meant, sent, begun and finished (ns), and its bytes.

        There is one for each recorder. A closure over locals costs the hot path half of what attributes would.
        """
        pack_into, buffer, width, full = _ROW.pack_into, self._buffer, _ROW.size, _ROW.size * _ROWS
        at = 0

        def write(intended: int, sent: int, first: int, finished: int, size: int) -> None:
            nonlocal at
            pack_into(buffer, at, intended, sent, first, finished, size)
            at += width
            if at == full:
                at = 0
                self._count(_ROWS)

        def flush() -> None:
            nonlocal at
            rows, at = at // width, 0
            self._count(rows)

        self._flush = flush
        return write

    def flush(self) -> None:
        """Count what is still in the buffer."""
        self._flush()

    def release(self) -> None:
        """Let go of the memory. Its writer refers to it, so it would wait for the garbage collector."""
        self._response, self._service = [], []
        self._first_byte = Accumulator()
        self._buffer = bytearray()
        self._flush = _nothing

    def fail(self, kind: str, intended: int, finished: int) -> None:
        """Count a request that failed."""
        self.requests += 1
        self.last_ns = max(self.last_ns, finished)
        if intended >= self.start_ns:
            self.errors[kind] += 1
            self._line.fail((finished - self.start_ns) // 1_000_000_000)
        elif finished > self.start_ns:
            self.carried_ns += finished - self.start_ns

    @property
    def response(self) -> tuple[Distribution, ...]:
        """Response times by slice."""
        return tuple(each.distribution() for each in self._response)

    @property
    def service(self) -> tuple[Distribution, ...]:
        """Service times by slice: those of the responses where both were always the same."""
        return self.response if self._same else tuple(each.distribution() for each in self._service)

    @property
    def first_byte(self) -> Distribution:
        """Times from sending to the first byte of the answer."""
        return self._first_byte.distribution()

    @property
    def size(self) -> Moments:
        """Bytes of the answers' bodies."""
        return self._size

    @property
    def seconds(self) -> tuple[Second, ...]:
        """The time line."""
        return self._line.seconds()

    def _count(self, rows: int) -> None:
        import numpy as np

        if not rows:
            return
        table = np.frombuffer(self._buffer, dtype=np.int64, count=5 * rows).reshape(rows, 5)
        self.requests += rows
        self.last_ns = max(self.last_ns, int(table[-1, 3]))
        counted = table[:, 0] >= self.start_ns
        if not counted.all():
            early = table[~counted, 3] - self.start_ns
            self.carried_ns += int(early[early > 0].sum())
            table = table[counted]
        if len(table):
            self._add(table)

    def _add(self, table: NDArray[np.int64]) -> None:
        import numpy as np

        intended, sent, first, finished, size = table.T
        response = (finished - intended) * _MS
        same = bool((intended == sent).all())
        if self._same and not same:
            self._same = False
            self._service = [each.copy() for each in self._response]
        since = finished - self.start_ns
        slices = np.clip(since // self._slice_ns, 0, BLOCKS)
        numbers = Accumulator.numbers(response)
        _spread(self._response, slices, response, numbers)
        if not self._same:
            service = response if same else (finished - sent) * _MS
            _spread(self._service, slices, service, numbers if same else Accumulator.numbers(service))
        if same and bool((first == finished).all()):  # answers that came in one piece: these are the same times
            self._first_byte.add(response, numbers)
        else:
            waited = (first - sent) * _MS
            self._first_byte.add(waited, Accumulator.numbers(waited))
        self._size += moments(size.astype(np.float64))
        self._line.add(np.maximum(since, 0) // 1_000_000_000, response, numbers)
        if self.samples is not None:
            _keep(self.samples, table, self.start_ns)


def _nothing() -> None:
    """No writer was asked for: there is nothing in the buffer."""


def _spread(
    into: list[Accumulator], keys: NDArray[np.int64], values: NDArray[np.float64], numbers: NDArray[np.int64]
) -> None:
    import numpy as np

    if keys[0] == keys[-1] and (keys == keys[0]).all():
        into[int(keys[0])].add(values, numbers)
        return
    for key in np.unique(keys):
        chosen = keys == key
        into[int(key)].add(values[chosen], numbers[chosen])


def _keep(samples: RawSamples, table: NDArray[np.int64], start_ns: int) -> None:
    columns = (samples.intended, samples.sent, samples.first_byte, samples.finished)
    for index, column in enumerate(columns):
        column.frombytes((table[:, index] - start_ns).tobytes())
    samples.size.frombytes(table[:, 4].tobytes())
