"""How connections are made: the name is resolved once, and the first address that answers is kept."""

from __future__ import annotations

import asyncio
import socket
from time import perf_counter_ns
from typing import Any, final

from perfreg.measure.engines import parking, trust
from perfreg.measure.engines.accumulator import Tally
from perfreg.measure.engines.native.target import Target
from perfreg.measure.engines.native.wire import Connection

Address = tuple[int, Any]
"""A family of addresses and one of them, as sockets take them."""


@final
class Dialler:
    """Makes connections to one target. ``connects`` and ``handshakes`` tell what they cost."""

    def __init__(self, target: Target, *, timeout_s: float, verify: bool | str) -> None:
        self.connects = Tally()
        self.handshakes = Tally()
        self._target = target
        self._timeout_s = timeout_s
        self._tls = trust.context(verify) if target.tls else None
        self._addresses: list[Address] = []

    async def resolve(self) -> None:
        """Ask for the addresses. Raises ``OSError``."""
        target = self._target
        if target.path:
            self._addresses = [(_unix_family(), target.path)]
            return
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        self._addresses = list(dict.fromkeys((int(family), address) for family, _, _, _, address in found))

    def is_known(self) -> bool:
        """Whether an earlier load has left a connection; then its address is kept to."""
        known = [] if self._tls else [each for each in self._addresses if parking.has_parked(*each)]
        self._addresses = known or self._addresses
        return bool(known)

    async def choose(self, connection: Connection) -> None:
        """Connect to the first address that answers and keep to it. Raises ``OSError`` when none does."""
        problem: OSError | None = None
        for address in self._addresses:
            try:
                await self._dial(connection, address)
            except OSError as error:
                problem = problem or error
            else:
                self._addresses = [address]
                return
        raise problem or OSError("the name has no addresses")

    async def dial(self, connection: Connection) -> None:
        """Connect. Raises ``OSError``."""
        await self._dial(connection, self._addresses[0])

    async def _dial(self, connection: Connection, address: Address) -> None:
        loop = asyncio.get_running_loop()
        family, where = address
        began = perf_counter_ns()
        parked = parking.take(family, where) if self._tls is None else None
        plain = parked or socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(0.0)
            if parked is not None:
                await loop.create_connection(lambda: connection, sock=plain)
                return
            if not self._target.path:
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(plain, where)
            connected = perf_counter_ns()
            if self._tls is None:
                await loop.create_connection(lambda: connection, sock=plain)
            else:
                await loop.create_connection(
                    lambda: connection,
                    sock=plain,
                    ssl=self._tls,
                    server_hostname=self._target.host,
                    ssl_handshake_timeout=self._timeout_s,
                )
                self.handshakes.add(perf_counter_ns() - connected)
        except BaseException:
            plain.close()
            raise
        self.connects.add(connected - began)


def _unix_family() -> int:
    family: int | None = getattr(socket, "AF_UNIX", None)
    if family is None:
        raise OSError("this system has no Unix sockets")
    return family
