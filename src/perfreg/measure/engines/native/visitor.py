"""A client of an open loop: sends one request when it is told to and waits to be told again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, final

from perfreg.measure.engines.native.client import Client
from perfreg.measure.engines.native.wire import Connection

if TYPE_CHECKING:
    from perfreg.measure.engines.native.crew import Crew


@final
class Visitor(Client):
    """Tells ``free`` when it has its answer, or has failed."""

    __slots__ = ("_accepts", "_free", "_next", "_write")

    def __init__(self, crew: Crew, next_request: Callable[[], bytes], free: Callable[[Visitor], None]) -> None:
        super().__init__(crew)
        self._next = next_request
        self._free = free
        self._accepts = crew.accepts
        self._write = crew.write

    def begin(self, intended: int) -> None:
        """Send the request that was due at ``intended``."""
        self._intended = intended
        self._send()

    def answered(self, connection: Connection) -> None:
        """The hot path: record the answer."""
        if connection.status not in self._accepts:
            self._fail(f"status {connection.status}")
            return
        self._write(self._intended, connection.sent, connection.first, connection.now, connection.size)
        self._free(self)

    def _request(self) -> bytes:
        return self._next()

    def _go_on(self) -> None:
        self._free(self)
