"""Who may begin the next passage, and when: so many passages, passages for so long, or those of a schedule."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import islice
from time import perf_counter_ns
from typing import TYPE_CHECKING, NamedTuple, Protocol, final

from perfreg.measure.engines.profile import Profile, arrivals
from perfreg.stats.describe import BLOCKS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_UNSENT_PCT = 1.0
"""More passages than these not begun at the end, and more than one for each client: the schedule was not kept."""
_SECOND = 1_000_000_000


class Turn(NamedTuple):
    """The passage ``number``, not to be begun before it is ``due`` (ns); 0 is at once."""

    number: int
    due: int


class Turns(Protocol):
    """Shared by all clients, each in a thread of its own."""

    @property
    def in_time(self) -> bool:
        """Whether the clock says when it ends."""

    @property
    def open_loop(self) -> bool:
        """Whether passages are due when a schedule says so."""

    def begin(self) -> None:
        """The measurement begins: every client is ready."""

    def take(self) -> Turn | None:
        """The next passage, None when there is none left."""

    def cancel(self) -> None:
        """There is none left from now on."""

    def slice_of(self, number: int, finished: int) -> int:
        """In which of `BLOCKS` slices of the measurement a passage counts; one more is for what came late."""

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""


@final
class Count:
    """So many passages, as fast as they come."""

    in_time = False
    open_loop = False

    def __init__(self, total: int) -> None:
        self._total = total
        self._next = 0
        self._end = total
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Nothing depends on when."""

    def take(self) -> Turn | None:
        with self._lock:
            if self._next >= self._end:
                return None
            self._next += 1
            return Turn(self._next - 1, 0)

    def cancel(self) -> None:
        self._end = 0

    def slice_of(self, number: int, finished: int) -> int:  # noqa: ARG002 - it goes by numbers
        return number * BLOCKS // self._total

    @property
    def share(self) -> float:
        return min(1.0, self._next / self._total)


class _Timed:
    """What lasts as long as it lasts."""

    in_time = True

    def __init__(self, duration_s: float) -> None:
        self._lasts_ns = round(duration_s * _SECOND)
        self._start = perf_counter_ns()
        self._number = 0
        self._is_over = False
        self._lock = threading.Lock()

    def begin(self) -> None:
        self._start = perf_counter_ns()

    def cancel(self) -> None:
        self._is_over = True

    def slice_of(self, number: int, finished: int) -> int:  # noqa: ARG002 - it goes by the clock
        return min(BLOCKS, (finished - self._start) * BLOCKS // self._lasts_ns)

    @property
    def share(self) -> float:
        return min(1.0, max(0.0, (perf_counter_ns() - self._start) / self._lasts_ns))


@final
class Period(_Timed):
    """Passages as fast as they come, begun within a time; each client makes one at least."""

    open_loop = False

    def take(self) -> Turn | None:
        with self._lock:
            if self._is_over or perf_counter_ns() - self._start >= self._lasts_ns:
                return None
            self._number += 1
            return Turn(self._number - 1, 0)


@final
class Schedule(_Timed):
    """Passages that are due, whether those before have ended or not."""

    open_loop = True

    def __init__(self, profile: Profile, *, clients: int, seed: int | None) -> None:
        """With a ``seed`` they come at random, as a Poisson process."""
        self.duration_s = sum(each.duration_s for each in profile)
        super().__init__(self.duration_s)
        self._due = _moments(arrivals(profile, seed=seed))
        self._is_closing = False
        self._clients = clients
        self.unsent = 0
        """Passages that were never begun, where that are too many."""

    @property
    def scheduled(self) -> int:
        """Passages that have been due."""
        return self._number + self.unsent

    def take(self) -> Turn | None:
        with self._lock:
            if not self._is_closing and perf_counter_ns() - self._start >= self._lasts_ns:
                self._close()
            due = None if self._is_over else next(self._due, None)
            if due is None:
                return None
            self._number += 1
            return Turn(self._number - 1, self._start + due)

    def _close(self) -> None:
        """The schedule has ended. A queue that is short is worked off; a long one would never end."""
        self._is_closing = True
        most = max(self._clients, int(self._number * _UNSENT_PCT / (100 - _UNSENT_PCT)))
        rest = list(islice(self._due, most + 1))
        if len(rest) > most:
            self.unsent = len(rest) + sum(1 for _ in self._due)
            rest = []
        self._due = iter(rest)


def _moments(pieces: Iterator[NDArray[np.int64]]) -> Iterator[int]:
    for piece in pieces:
        yield from piece.tolist()
