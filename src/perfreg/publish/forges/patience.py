"""Asking again, within bounds: so many times, and not beyond a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from perfreg.errors import ForgeError
from perfreg.publish.stores.backoff import Backoff

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long one use of a code host may take in all. ``deadline`` is a time of `time.monotonic`."""

    deadline: float
    attempts: int = 5
    backoff: Backoff = field(default_factory=Backoff)

    @classmethod
    def of(cls, seconds: float) -> Patience:
        """Patience for so many seconds from now."""
        return cls(deadline=time.monotonic() + seconds)

    def persist(self, attempt: Callable[[], T], landed: Callable[[], T | None] | None = None) -> T:
        """What ``attempt`` returns once it does; `ForgeError` when that is hopeless, or takes too long.

        After an attempt of which nobody knows whether it has arrived, ``landed`` looks for what it may have made.
        """
        number = 0
        while True:
            number += 1
            try:
                return attempt()
            except ForgeError as error:
                self._wait(error, number)
            found = landed() if landed is not None else None
            if found is not None:
                return found

    def _wait(self, error: ForgeError, number: int) -> None:
        if not error.passing or number >= self.attempts:
            raise error
        pause = self.backoff.pause_s(number) if error.wait_s is None else error.wait_s
        if time.monotonic() + pause >= self.deadline:
            hint = f"it may work in {pause:.0f} s, which is longer than publishing may take"
            raise ForgeError(error.message, where=error.where, hint=hint, status=error.status) from error
        self.backoff.sleep(pause)
