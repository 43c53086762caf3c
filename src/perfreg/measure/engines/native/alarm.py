"""A timer that is finer than those of event loops, which count in milliseconds."""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable
from time import perf_counter_ns
from typing import Protocol

_MONOTONIC = 1
_NONBLOCK = 0o4000 | 0o2000000  # and close on exec
_PATIENCE = 20
"""At most one part in so many of the time until the moment is spent on waiting for it awake."""
_LATEST_NS = 200_000
"""Whoever is later than this is kept from running, and will be no earlier for being woken earlier."""
_MEMORY = 8
"""How many of the last times count, about."""
_MARGIN = 2
"""How many times their variation is allowed for."""


Ring = Callable[[int], None]
"""Is told up to which moment everything has its time: that of the alarm, which is just ahead, or now if it is late."""


class Alarm(Protocol):
    """Calls back once just before a moment of `time.perf_counter_ns`, or at once when that has passed."""

    def set(self, at_ns: int) -> None: ...

    def close(self) -> None: ...


class _LoopAlarm:
    """By the event loop: up to a millisecond late. Where it is early, the ring finds nothing due and sets it again."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Ring) -> None:
        self._loop = loop
        self._ring = ring
        self._handle: asyncio.TimerHandle | None = None

    def set(self, at_ns: int) -> None:
        self._handle = self._loop.call_later(max(0.0, (at_ns - perf_counter_ns()) / 1e9), self._rung)

    def _rung(self) -> None:
        self._ring(perf_counter_ns())

    def close(self) -> None:
        if self._handle is not None:
            self._handle.cancel()


class _Times(ctypes.Structure):
    """``struct itimerspec`` of a timer that goes off once."""

    _fields_ = (
        ("every_s", ctypes.c_long),
        ("every_ns", ctypes.c_long),
        ("in_s", ctypes.c_long),
        ("in_ns", ctypes.c_long),
    )


class _KernelAlarm:
    """By a file descriptor that Linux makes readable at the moment (timerfd_create(2)).

    A process that sleeps takes 0.05 ms to wake up, and 0.15 ms on some virtual machines. So it is woken earlier, by
    as much as it was late before and twice as much as that varied (the estimate of RFC 6298, section 2, with half of
    its margin). Whoever is called waits for what is left of that, awake and with everything at hand.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Ring) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._settime = libc.timerfd_settime
        self._fd: int = libc.timerfd_create(_MONOTONIC, _NONBLOCK)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._times = _Times()
        self._loop = loop
        self._ring = ring
        self._at = self._wake_at = self._usually_late = self._variation = 0
        loop.add_reader(self._fd, self._rung)

    def set(self, at_ns: int) -> None:
        # Relative: whatever clock perf_counter_ns is, a delay means the same everywhere.
        now = perf_counter_ns()
        self._at = at_ns
        early = min(self._usually_late + _MARGIN * self._variation, (at_ns - now) // _PATIENCE)
        self._wake_at = at_ns - max(0, early)
        self._times.in_s, self._times.in_ns = divmod(max(1, self._wake_at - now), 1_000_000_000)
        self._settime(self._fd, 0, ctypes.byref(self._times), None)

    def close(self) -> None:
        self._loop.remove_reader(self._fd)
        os.close(self._fd)

    def _rung(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            return
        now = perf_counter_ns()
        off = min(max(0, now - self._wake_at), _LATEST_NS) - self._usually_late
        self._usually_late += off // _MEMORY
        self._variation += (abs(off) - self._variation) // _MEMORY
        self._ring(max(now, self._at))


def alarm(loop: asyncio.AbstractEventLoop, ring: Ring) -> Alarm:
    """The finest alarm there is here; ``ring`` is called each time it goes off."""
    if sys.platform == "linux":
        try:
            return _KernelAlarm(loop, ring)
        except (OSError, AttributeError):
            pass  # a system without timerfd
    return _LoopAlarm(loop, ring)
