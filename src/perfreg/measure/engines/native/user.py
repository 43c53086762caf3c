"""A user of a closed loop: sends a request, waits for its answer, and sends the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter_ns
from typing import TYPE_CHECKING, final

from perfreg.measure.engines.native.failure import TIMEOUT, classify
from perfreg.measure.engines.native.wire import Connection

if TYPE_CHECKING:
    from perfreg.measure.engines.native.crew import Crew

_PAUSE_AFTER_ERROR_S = 0.05


@final
class User:
    """Has one connection, made anew when the server has closed it: the time that takes is the user's waiting time."""

    __slots__ = ("_accepts", "_connection", "_crew", "_dialling", "_intended", "_next", "_until", "_write", "active")

    def __init__(self, crew: Crew, next_request: Callable[[], bytes]) -> None:
        self._crew = crew
        self._next = next_request
        self._accepts = crew.accepts
        self._write = crew.write
        self._until = crew.end_ns
        self._connection = crew.connection(self)
        self._dialling: asyncio.Task[None] | None = None
        self._intended = 0
        self.active = False

    @property
    def busy_since(self) -> int:
        """When the request began that is waited for; 0 when there is none."""
        if self._connection.waiting:
            return self._connection.sent
        return self._intended if self._dialling is not None else 0

    def start(self) -> None:
        """Begin, with a request at once."""
        self.active = True
        self._go()

    def answered(self, connection: Connection) -> None:
        """The hot path: record the answer and send the next request."""
        now = connection.now
        if connection.status not in self._accepts:
            return self._fail(f"status {connection.status}")
        self._write(self._intended, connection.sent, connection.first, now, connection.size)
        if now < self._until and connection.is_open:
            self._intended = connection.send(self._next())
            return None
        return self._go()

    def failed(self, connection: Connection, kind: str) -> None:  # noqa: ARG002 - there is only one
        """The connection's news of a failure."""
        self._fail(kind)

    def expire(self) -> None:
        """The timeout has passed."""
        if self._dialling is not None:
            self._dialling.cancel()
            self._dialling = None
        self._connection.close()
        self._fail(TIMEOUT)

    def stop(self) -> None:
        """Give up whatever is going on."""
        self.active = False
        if self._dialling is not None:
            self._dialling.cancel()
        self._connection.close()

    def _go(self) -> None:
        """Send the next request, if there is time for one; connect before when that is necessary."""
        now = perf_counter_ns()
        if not self.active:
            return
        if now >= self._until and self._intended >= self._crew.recorder.start_ns:
            # However short the time is and however slow the server: one request of each user counts.
            self.active = False
            self._crew.leave(now)
        elif self._connection.is_open:
            self._intended = self._connection.send(self._next())
        else:
            self._intended = now
            self._dialling = self._crew.loop.create_task(self._dial())

    async def _dial(self) -> None:
        self._connection = connection = self._crew.connection(self)
        try:
            await self._crew.dialler.dial(connection)
        except OSError as error:
            self._dialling = None
            self._fail(classify(error))
            return
        self._dialling = None
        connection.send(self._next())

    def _fail(self, kind: str) -> None:
        self._crew.recorder.fail(kind, self._intended, perf_counter_ns())
        self._crew.loop.call_later(_PAUSE_AFTER_ERROR_S, self._go)
