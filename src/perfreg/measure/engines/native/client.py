"""What all kinds of users have in common: a connection, made anew when necessary, and a deadline."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from time import perf_counter_ns
from typing import TYPE_CHECKING

from perfreg.measure.engines.native.failure import PROTOCOL, RESET, TIMEOUT, classify
from perfreg.measure.engines.native.wire import Connection

if TYPE_CHECKING:
    from perfreg.measure.engines.native.crew import Crew


class Client(ABC):
    """Has one connection. Making it takes time of the request that needs it, not of the service that answers."""

    __slots__ = ("_connection", "_crew", "_dialling", "_dialling_since", "_first_sent", "_intended")

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._connection: Connection = crew.connection(self)
        self._dialling: asyncio.Task[None] | None = None
        self._dialling_since = 0
        self._first_sent = 0
        self._intended = 0

    @property
    def busy_since(self) -> int:
        """When the request began that is waited for; 0 when there is none."""
        return self._connection.sent if self._connection.waiting else self._dialling_since

    def expire(self) -> None:
        """The timeout has passed."""
        self.stop()
        self._fail(TIMEOUT)

    def stop(self) -> None:
        """Give up whatever is going on."""
        dialling, self._dialling = self._dialling, None
        self._dialling_since = 0
        if dialling is not None:
            dialling.cancel()
        self._connection.close()

    def failed(self, connection: Connection, kind: str) -> None:
        """The connection's news of a failure.

        A server may close a connection that it keeps at any time, also while the next request is on its way. That one
        is sent again, as every browser does where that changes nothing (RFC 9112, section 9.3.1), and counted.
        """
        if connection is not self._connection:
            return
        was_kept = connection.sent != self._first_sent
        if was_kept and not connection.first and kind in (PROTOCOL, RESET) and self._crew.may_repeat:
            self._crew.recorder.repeated += 1
            self._send()
        else:
            self._fail(kind)

    @abstractmethod
    def answered(self, connection: Connection) -> None:
        """The connection's news of an answer."""

    @abstractmethod
    def _request(self) -> bytes:
        """What is sent next."""

    @abstractmethod
    def _go_on(self) -> None:
        """Something failed, and its pause is over."""

    def _send(self) -> None:
        """Send the next request; connect before when that is necessary."""
        if self._connection.is_open:
            self._connection.send(self._request(), self._intended)
            return
        self._dialling_since = perf_counter_ns()
        self._dialling = self._crew.loop.create_task(self._dial())
        self._dialling.add_done_callback(self._crew.dialled)

    async def _dial(self) -> None:
        self._connection = connection = self._crew.connection(self)
        try:
            await self._crew.dialler.dial(connection)
        except OSError as error:
            self._dialling, self._dialling_since = None, 0
            self._fail(classify(error))
        else:
            self._dialling, self._dialling_since = None, 0
            if connection.is_open:
                self._first_sent = connection.send(self._request(), self._intended)
            else:
                self._fail(RESET)  # accepted, and closed at once

    def _fail(self, kind: str) -> None:
        self._crew.recorder.fail(kind, self._intended, perf_counter_ns())
        self._crew.loop.call_later(self._crew.pause_after_error_s, self._go_on)
