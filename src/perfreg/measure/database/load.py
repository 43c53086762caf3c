"""Clients that share a number of queries and run them at the same time, each on a session of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perfreg.errors import MeasureError
from perfreg.measure.database.failure import Failure, errors
from perfreg.measure.database.query import Query, Sample
from perfreg.measure.database.server import Server, close

if TYPE_CHECKING:
    from sqlalchemy import Connection

_REPORT_EVERY = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What came of it: samples in the order in which the queries finished, failures, and what stopped it early."""

    samples: tuple[Sample, ...]
    failures: tuple[Failure, ...]
    warm_up_failures: tuple[Failure, ...] = ()
    stopped_by: str = ""

    @property
    def attempts(self) -> int:
        return len(self.samples) + len(self.failures)


class _Shared:
    """How many queries are left, for all clients together; none are once somebody cancels."""

    def __init__(self, total: int) -> None:
        self._left = total
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Claim one query; false when there is none left."""
        with self._lock:
            self._left -= 1
            return self._left >= 0

    def cancel(self) -> None:
        with self._lock:
            self._left = 0

    @property
    def left(self) -> int:
        return max(self._left, 0)


@dataclass(slots=True, kw_only=True)
class _Client:
    """One session and what it has seen. Opened by the main thread, used by one thread of the pool."""

    server: Server
    query: Query
    connection: Connection
    samples: list[Sample] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    warm_up_failures: list[Failure] = field(default_factory=list)
    stopped_by: str = ""

    def warm_up(self, executions: int, shared: _Shared) -> None:
        for _ in range(executions):
            if not self.stopped_by and shared.left:
                self._once([], self.warm_up_failures)

    def work(self, shared: _Shared, start: threading.Barrier) -> None:
        start.wait()
        while not self.stopped_by and shared.take():
            self._once(self.samples, self.failures)

    def _once(self, samples: list[Sample], failures: list[Failure]) -> None:
        try:
            samples.append(self.query.sample(self.connection))
        except errors() as error:
            failures.append(self.server.failure(error))
            if self.connection.invalidated:
                self._reconnect()

    def _reconnect(self) -> None:
        """Outside the time that is measured; a server that takes no new connections ends the client's work."""
        close(self.connection)
        try:
            self.connection = self.server.connect()
        except MeasureError as error:
            self.stopped_by = error.message


def run(
    server: Server,
    query: Query,
    *,
    clients: int,
    iterations: int,
    warm_up: int,
    progress: Callable[[float], None],
) -> Load:
    """Warm every client up, then let all of them share ``iterations``. ``progress`` gets the share done, 0 to 1.

    Raises `MeasureError` when a session cannot be opened.
    """
    shared = _Shared(iterations)
    start = threading.Barrier(clients)
    with ExitStack() as sessions:
        team: list[_Client] = []
        for _ in range(clients):
            client = _Client(server=server, query=query, connection=server.connect())
            sessions.callback(_close, client)
            team.append(client)
        with ThreadPoolExecutor(clients, thread_name_prefix="perfreg-client") as pool:
            try:
                _await([pool.submit(client.warm_up, warm_up, shared) for client in team], lambda: progress(0.0))
                _await(
                    [pool.submit(client.work, shared, start) for client in team],
                    lambda: progress(1 - shared.left / iterations),
                )
            finally:  # interrupted: nobody starts another query, or waits for those who will not come
                shared.cancel()
                start.abort()
    return Load(
        samples=tuple(
            sorted((sample for client in team for sample in client.samples), key=lambda sample: sample.finished_ns)
        ),
        failures=tuple(failure for client in team for failure in client.failures),
        warm_up_failures=tuple(failure for client in team for failure in client.warm_up_failures),
        stopped_by=next((client.stopped_by for client in team if client.stopped_by), ""),
    )


def _close(client: _Client) -> None:
    if not client.stopped_by:
        close(client.connection)


def _await(futures: list[Future[None]], report: Callable[[], None]) -> None:
    """Wait for all, reporting meanwhile; raises what the first of them raised."""
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, timeout=_REPORT_EVERY, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
        report()
