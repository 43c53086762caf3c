"""Connections that outlive a load, for the next one to the same address.

The blocks of a comparison last for a few requests. Connecting anew for each would cost as much again, on both ends, and
what it costs the service would be measured with them.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, final


@final
class Parking:
    """Plain connections that nobody uses at the moment."""

    def __init__(self) -> None:
        self._parked: defaultdict[object, list[socket.socket]] = defaultdict(list)

    def put(self, connection: socket.socket) -> None:
        """Keep a connection whose last answer is complete."""
        self._parked[connection.family, connection.getpeername()].append(connection)

    def has(self, family: int, address: object) -> bool:
        """Whether there is a connection to this address, which the other end has not closed."""
        parked = self._parked[family, address]
        while parked and not _is_quiet(parked[-1]):
            parked.pop().close()
        return bool(parked)

    def take(self, family: int, address: object) -> socket.socket | None:
        """A connection to this address, if there is one."""
        return self._parked[family, address].pop() if self.has(family, address) else None

    def clear(self) -> None:
        """Close them all."""
        for parked in self._parked.values():
            for each in parked:
                each.close()
        self._parked.clear()


_current: ContextVar[Parking | None] = ContextVar("parking", default=None)


@contextmanager
def parking() -> Iterator[None]:
    """In this context, loads leave their connections to those that follow."""
    place = Parking()
    token = _current.set(place)
    try:
        yield
    finally:
        _current.reset(token)
        place.clear()


def release() -> None:
    """Close what loads in this context have left so far."""
    place = _current.get()
    if place is not None:
        place.clear()


def has_parked(family: int, address: object) -> bool:
    """Whether an earlier load has left a connection to this address."""
    place = _current.get()
    return place is not None and place.has(family, address)


def take(family: int, address: object) -> socket.socket | None:
    """The connection that an earlier load has left, if any."""
    place = _current.get()
    return place.take(family, address) if place is not None else None


def leave(transport: asyncio.BaseTransport) -> None:
    """Keep the connection of a transport that is about to be closed, where that is wanted.

    One with TLS would need the state of its encryption as well, and is not kept.
    """
    place = _current.get()
    if place is None or transport.get_extra_info("ssl_object") is not None:
        return
    inner: Any = transport.get_extra_info("socket")
    # Another descriptor of the same connection: closing the transport's own does not end it.
    place.put(socket.socket(fileno=os.dup(inner.fileno())))


def _is_quiet(connection: socket.socket) -> bool:
    """Whether the other end has neither closed the connection nor said anything that nobody asked for."""
    try:
        connection.settimeout(0.0)
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
