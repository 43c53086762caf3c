"""Clients that work at the same time, each on a session of its own, and what they have measured together."""

from __future__ import annotations

import gc
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from perfreg.measure.database.client import Client
from perfreg.measure.database.ledger import Ledger, Page
from perfreg.measure.database.server import Server
from perfreg.measure.database.session import Session
from perfreg.measure.database.turns import Turns
from perfreg.measure.database.values import Bindings
from perfreg.measure.database.watchdog import Watchdog
from perfreg.measure.database.work import Work
from perfreg.measure.engines.engine import Generator

_REPORT_EVERY_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """``clients`` go through the ``work`` ``warm_up`` times each, and then share the ``turns``.

    The first passage has the values number ``first``. ``progress`` gets the share that is done, 0 to 1.
    """

    work: Work
    bindings: Bindings
    turns: Turns
    clients: int
    warm_up: int
    first: int
    progress: Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What came of it. ``elapsed_s`` is how long the clients worked on average, ``rows`` how often a passage had so
    many; ``stopped_by`` is why a client could not go on."""

    ledger: Ledger
    attempts: int
    errors: Counter[str]
    said: str
    rows: Counter[int]
    fetched: bool
    elapsed_s: float
    generator: Generator
    warm_up_failures: int = 0
    warm_up_said: str = ""
    stopped_by: str = ""

    @property
    def answers(self) -> int:
        """Passages that went well."""
        return self.attempts - sum(self.errors.values())


def run(server: Server, plan: LoadPlan) -> Load:
    """Warm every client up, then let all of them take turns. Raises `MeasureError` when a session cannot be opened."""
    import numpy as np  # noqa: F401 - before the load begins: importing it amid the load would stop it for 0.1 s

    over = threading.Event()
    ledger = Ledger(plan.work.parts)
    with ExitStack() as stack:
        sessions: list[Session] = []
        for _ in range(plan.clients):
            sessions.append(Session(server))
            stack.callback(sessions[-1].close)
        clients = [Client(session, plan.work, plan.bindings, over) for session in sessions]
        stack.enter_context(Watchdog(sessions, server.timeout))
        pool = stack.enter_context(ThreadPoolExecutor(plan.clients, thread_name_prefix="perfreg-client"))
        stack.enter_context(_ending(sessions, plan.turns, over))
        tried, pages = [Page(ledger) for _ in clients], [Page(ledger) for _ in clients]
        numbers = [
            range(plan.first + i * plan.warm_up, plan.first + (i + 1) * plan.warm_up) for i in range(len(clients))
        ]
        _await(
            [pool.submit(client.warm_up, page, own) for client, page, own in zip(clients, tried, numbers, strict=True)],
            lambda: plan.progress(0.0),
        )
        generator = _measure(pool, clients, pages, plan)
    return _load(ledger, clients, pages, tried, generator)


def _measure(pool: ThreadPoolExecutor, clients: Sequence[Client], pages: Sequence[Page], plan: LoadPlan) -> Generator:
    start = threading.Barrier(len(clients), action=plan.turns.begin)
    first = plan.first + len(clients) * plan.warm_up

    def work(client: Client, page: Page) -> None:
        start.wait()
        client.work(page, plan.turns, first)

    with _without_pauses():
        cpu, began = time.process_time(), time.perf_counter()
        try:
            futures = [pool.submit(partial(work, *each)) for each in zip(clients, pages, strict=True)]
            _await(futures, lambda: plan.progress(plan.turns.share))
        finally:
            start.abort()  # interrupted: nobody waits for those who will not come
        return Generator(cpu_s=time.process_time() - cpu, wall_s=time.perf_counter() - began)


def _load(
    ledger: Ledger, clients: Sequence[Client], pages: Sequence[Page], tried: Sequence[Page], generator: Generator
) -> Load:
    return Load(
        ledger=ledger,
        attempts=sum(page.attempts for page in pages),
        errors=sum((page.errors for page in pages), Counter[str]()),
        said=next((page.said for page in pages if page.said), ""),
        rows=sum((page.rows for page in pages), Counter[int]()),
        fetched=any(client.fetched for client in clients),
        elapsed_s=max(1e-9, sum(client.worked_ns for client in clients) / 1e9 / len(clients)),
        generator=generator,
        warm_up_failures=sum(page.errors.total() for page in tried),
        warm_up_said=next((page.said for page in tried if page.said), ""),
        stopped_by=next((client.stopped_by for client in clients if client.stopped_by), ""),
    )


@contextmanager
def _ending(sessions: Sequence[Session], turns: Turns, over: threading.Event) -> Iterator[None]:
    """Interrupted, nobody starts another passage, and whoever waits for the server does so no longer."""
    try:
        yield
    except BaseException:
        turns.cancel()
        over.set()
        for session in sessions:
            if session.since:
                session.cut()
        raise


@contextmanager
def _without_pauses() -> Iterator[None]:
    """Take what is there already out of the garbage collector's work, which would stop the clock for milliseconds."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _await(futures: Sequence[Future[None]], report: Callable[[], None]) -> None:
    """Wait for all, reporting meanwhile. Raises what the first of them raised."""
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, timeout=_REPORT_EVERY_S, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
        report()
