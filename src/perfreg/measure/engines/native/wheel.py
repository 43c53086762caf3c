"""One timer for the deadlines of all requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter_ns
from typing import Protocol, final

_SLOTS = 64
_SHORTEST_TICK_S = 0.001
_LONGEST_TICK_S = 0.05


class Watched(Protocol):
    """Something that must not wait longer than the timeout. ``busy_since`` is 0 while it does not wait."""

    @property
    def busy_since(self) -> int: ...

    def expire(self) -> None: ...


@final
class TimerWheel:
    """Expires what has waited for ``timeout_s``, up to a tick late (a twentieth of the timeout, 50 ms at most).

    Each of the watched stands in one slot and is looked at once in a timeout. Whoever has begun something new by then
    is put into the slot of its new deadline: a request costs nothing.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, timeout_s: float, late: Callable[[int], None]) -> None:
        self._loop = loop
        self._timeout_ns = round(timeout_s * 1e9)
        self._tick_ns = round(min(max(timeout_s / 20, _SHORTEST_TICK_S), _LONGEST_TICK_S) * 1e9)
        self._count = max(_SLOTS, self._timeout_ns // self._tick_ns + 3)
        self._slots: list[list[Watched]] = [[] for _ in range(self._count)]
        self._late = late
        self._now = perf_counter_ns() // self._tick_ns
        self._due = 0
        self._handle: asyncio.TimerHandle | None = None

    def watch(self, who: Watched) -> None:
        """Look after ``who`` until `stop`."""
        self._put(who, perf_counter_ns() + self._timeout_ns)

    def start(self) -> None:
        """Begin to tick."""
        self._due = perf_counter_ns() + self._tick_ns
        self._handle = self._loop.call_later(self._tick_ns / 1e9, self._tick)

    def stop(self) -> None:
        """Forget everybody."""
        if self._handle is not None:
            self._handle.cancel()
        self._slots = [[] for _ in range(self._count)]

    def _put(self, who: Watched, deadline: int) -> None:
        slot = max(deadline // self._tick_ns + 1, self._now + 1)
        self._slots[slot % self._count].append(who)

    def _tick(self) -> None:
        now = perf_counter_ns()
        self._late(max(0, now - self._due))
        until = now // self._tick_ns
        for number in range(self._now + 1, min(until, self._now + self._count) + 1):
            self._now = number
            slot = number % self._count
            due, self._slots[slot] = self._slots[slot], []
            for who in due:
                self._look_at(who, now)
        self._now = max(self._now, until)
        self.start()

    def _look_at(self, who: Watched, now: int) -> None:
        deadline = (who.busy_since or now) + self._timeout_ns
        if deadline <= now:
            who.expire()
            deadline = now + self._timeout_ns
        self._put(who, deadline)
