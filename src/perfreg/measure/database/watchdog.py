"""Notices servers that are there and never answer: no driver does for PostgreSQL, and some engines end no statement."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import final

from perfreg.measure.database.session import Session

_LOOK_EVERY_S = 0.25
_GRACE_S = 2.0
"""The engine ends a statement first where it can, then the driver."""


@final
class Watchdog:
    """Cuts the connections that wait longer than ``timeout_s`` for an answer. A context manager."""

    def __init__(self, sessions: Sequence[Session], timeout_s: float) -> None:
        self._sessions = sessions
        self._limit_s = timeout_s + _GRACE_S
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="perfreg-watchdog", daemon=True)

    def __enter__(self) -> Watchdog:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_EVERY_S):
            now = time.perf_counter_ns()
            for session in self._sessions:
                since = session.since
                if since and now - since > self._limit_s * 1e9:
                    session.cut(self._limit_s)
