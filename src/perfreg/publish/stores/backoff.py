"""Trying again when others write at the same time: exponential back-off with full jitter.

Every loser waits a random time between nothing and a bound that doubles with each attempt. Random times spread the
losers, growing bounds adapt to how many there are ("Exponential Backoff And Jitter", M. Brooker, AWS Architecture
Blog, 2015).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from perfreg.errors import StoreError

T = TypeVar("T")


class TryAgain(StoreError):  # noqa: N818 - the error that another attempt may mend
    """An attempt lost a race or met a failure that passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Bounds of the pauses in seconds; ``draw`` gives numbers in [0, 1)."""

    first_s: float = 1.0
    longest_s: float = 8.0
    draw: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep

    def pause_s(self, attempt: int) -> float:
        """The pause after the ``attempt``-th attempt, counted from 1."""
        return self.draw() * min(self.longest_s, self.first_s * 2.0 ** min(attempt - 1, 30))

    def persist(self, attempt: Callable[[int], T], *, place: str, deadline: float) -> T:
        """Call ``attempt`` with 1, 2, 3, … until it does not ask to `TryAgain`.

        Raises `StoreError` about ``place`` when `time.monotonic` would pass ``deadline`` before the next attempt.
        """
        started = time.monotonic()
        previous = ""
        for number in count(1):
            try:
                return attempt(number)
            except TryAgain as again:
                pause = self.pause_s(number)
                now = time.monotonic()
                if now + pause >= deadline:
                    message = f"gave up after {number} attempts in {now - started:.0f} s; the last one: {again.message}"
                    if previous not in ("", again.message):
                        message += f"; the one before: {previous}"
                    hint = "run it again when fewer jobs write, or look at what the remote says"
                    raise StoreError(message, where=place, hint=hint) from again
                previous = again.message
                self.sleep(pause)
        raise AssertionError("count() does not end")
