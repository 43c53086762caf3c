"""A user of a closed loop: sends a request, waits for its answer, and sends the next one."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns
from typing import TYPE_CHECKING, final

from perfreg.measure.engines.native.client import Client
from perfreg.measure.engines.native.wire import Connection

if TYPE_CHECKING:
    from perfreg.measure.engines.native.crew import Crew


@final
class User(Client):
    """Sends one request after the other while at work; tells ``leave`` when that is over."""

    __slots__ = ("_accepts", "_leave", "_next", "_until", "_working", "_write")

    def __init__(self, crew: Crew, next_request: Callable[[], bytes], leave: Callable[[int], None]) -> None:
        super().__init__(crew)
        self._next = next_request
        self._leave = leave
        self._accepts = crew.accepts
        self._write = crew.write
        self._until = 0
        self._working = False

    @property
    def client(self) -> Client:
        """Whom a timeout concerns."""
        return self

    def start(self, until_ns: int) -> None:
        """Work until then, with a request at once."""
        self._until = until_ns
        if self._working:  # the shift before has not ended yet, as its last answer is late: this one follows at once
            self._leave(perf_counter_ns())
            return
        self._working = True
        self._go_on()

    def answered(self, connection: Connection) -> None:
        """The hot path: record the answer and send the next request."""
        now = connection.now
        if connection.status not in self._accepts:
            return self._fail(f"status {connection.status}")
        write, following = self._write, self._next
        write(self._intended, connection.sent, connection.first, now, connection.size)
        if now < self._until and connection.is_open:
            self._intended = connection.send(following())
            return None
        return self._go_on()

    def _request(self) -> bytes:
        return self._next()

    def _go_on(self) -> None:
        now = perf_counter_ns()
        if not self._working:
            return
        if now >= self._until and self._intended >= self._crew.recorder.start_ns:
            # However short the time is and however slow the server: one request of each user counts.
            self._working = False
            self._leave(now)
            return
        self._intended = now
        self._send()
        if self._connection.waiting:
            self._intended = self._connection.sent
