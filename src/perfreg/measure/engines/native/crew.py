"""The users of one process: their target, their clock, and what they have measured together."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter_ns
from typing import Any, final

import numpy as np  # before the load begins: importing it amid the load would stop everything for 0.1 s

from perfreg.errors import MeasureError
from perfreg.measure.engines.engine import Generator, LoadPlan, LoadResult
from perfreg.measure.engines.native.dialling import Dialler
from perfreg.measure.engines.native.message import encode
from perfreg.measure.engines.native.target import parse
from perfreg.measure.engines.native.user import User
from perfreg.measure.engines.native.wheel import TimerWheel
from perfreg.measure.engines.native.wire import Connection, HeadConnection, Owner
from perfreg.measure.engines.recording import Recorder
from perfreg.stats.distribution import Distribution, distribution

_CHECK_EVERY_S = 0.5
_MS = 1e-6


@final
class Crew:
    """Drives the users of a plan. Made inside its event loop; used once."""

    def __init__(self, plan: LoadPlan) -> None:
        self._plan = plan
        call = plan.calls[0]
        self._request = encode(call)
        self._connection_type = HeadConnection if call.method == "HEAD" else Connection
        self.accepts = call.accepts
        self.loop = asyncio.get_running_loop()
        self.dialler = Dialler(parse(call.url)[0], timeout_s=plan.timeout_s)
        self._lags: list[int] = []
        self._wheel = TimerWheel(self.loop, plan.timeout_s, self._lags.append)
        self._users: list[User] = []
        self._left = 0
        self._worked_ns = 0
        self._cpu_ns = 0
        self._over: asyncio.Future[None] = self.loop.create_future()

    def connection(self, owner: Owner) -> Connection:
        """A connection for ``owner`` that is not made yet."""
        return self._connection_type(owner)

    def leave(self, now: int) -> None:
        """A user's news that its time is over."""
        self._left += 1
        self._worked_ns += max(0, now - self.recorder.start_ns)
        if self._left == len(self._users) and not self._over.done():
            self._over.set_result(None)

    async def run(self) -> LoadResult:
        """Make the load. Raises `MeasureError` when the target cannot be reached at all."""
        await self._probe()
        self.loop.set_exception_handler(self._defect)
        plan = self._plan
        start = perf_counter_ns() + round(plan.warm_up_s * 1e9)
        self.end_ns = start + round(plan.duration_s * 1e9)
        self.recorder = Recorder(start_ns=start, duration_s=plan.duration_s, keep_samples=plan.keep_samples)
        self.recorder.requests = 1  # the service has worked for that one too
        self.write = self.recorder.writer()
        self._users = [User(self, self._next_request()) for _ in range(plan.users)]
        watch = self.loop.create_task(self._watch(start))
        began = self.loop.create_task(self._begin())
        with _without_pauses():
            try:
                await asyncio.wait({watch, began, self._over}, return_when=asyncio.FIRST_EXCEPTION)
                for each in (watch, began, self._over):
                    if each.done():
                        each.result()
            finally:
                await self._end(watch, began)
        return self._result(start)

    def _next_request(self) -> Callable[[], bytes]:
        request = self._request
        return lambda: request

    async def _begin(self) -> None:
        """Start the users one by one over half of the warm-up: a server's queue of new connections is short."""
        pause = self._plan.warm_up_s / 2 / len(self._users)
        owed = 0.0
        for user in self._users:
            self._wheel.watch(user)
            user.start()
            owed += pause
            if owed > 0.002:
                await asyncio.sleep(owed)
                owed = 0.0

    async def _end(self, *tasks: asyncio.Task[None]) -> None:
        self._wheel.stop()
        for user in self._users:
            user.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # aborted connections are gone after one turn of the loop
        self.recorder.flush()

    async def _watch(self, start: int) -> None:
        """Ask every now and then whether the service lives; measure what the load costs from ``start`` on."""
        plan = self._plan
        total = plan.warm_up_s + plan.duration_s
        self._wheel.start()
        cpu = time.thread_time_ns()
        while (now := perf_counter_ns()) < self.end_ns:
            plan.alive()
            left = (self.end_ns - now) / 1e9
            plan.progress(max(0.0, 1 - left / total))
            before = (start - now) / 1e9
            await asyncio.sleep(min(_CHECK_EVERY_S, left, before if before > 0 else left))
            if before > 0:
                cpu = time.thread_time_ns()
                self._lags.clear()
        self._cpu_ns = time.thread_time_ns() - cpu
        plan.alive()

    async def _probe(self) -> None:
        """The first request decides whether there is anything to load; its answer is not counted."""
        url = self._plan.calls[0].url
        probe = _Probe(self.loop)
        connection = self.connection(probe)
        try:
            await asyncio.wait_for(self._reach(connection), self._plan.timeout_s)
        except (OSError, asyncio.TimeoutError, UnicodeError) as error:
            reason = str(error) or f"no answer within {self._plan.timeout_s:g} s"
            hint = "start the service, or check base_url and endpoint"
            raise MeasureError(f"cannot connect: {reason}", where=url, hint=hint) from error
        try:
            connection.send(self._request)
            await asyncio.wait_for(probe.done, self._plan.timeout_s)
        except asyncio.TimeoutError:
            # The server is there but does not answer well: that is what the load will count.
            return
        finally:
            connection.close()

    async def _reach(self, connection: Connection) -> None:
        await self.dialler.resolve()
        await self.dialler.choose(connection)

    def _defect(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An error of ours in a callback ends the load instead of looking like one of the server's."""
        error = context.get("exception")
        if isinstance(error, OSError):
            return
        if isinstance(error, Exception) and not self._over.done():
            self._over.set_exception(error)
        else:
            loop.default_exception_handler(context)

    def _result(self, start: int) -> LoadResult:
        recorder, plan = self.recorder, self._plan
        response = recorder.response
        busy = max(1, self._worked_ns - recorder.carried_ns) / 1e9 / len(self._users)
        return LoadResult(
            response=response,
            service=recorder.service,
            connect=_times(self.dialler.connect_ns),
            tls=_times(self.dialler.tls_ns),
            first_byte=recorder.first_byte,
            size=recorder.size,
            errors=recorder.errors,
            requests=recorder.requests,
            elapsed_s=(recorder.last_ns - start) / 1e9,
            throughput=sum(each.n for each in response) / busy,
            slice_s=recorder.slice_s,
            seconds=recorder.seconds,
            generator=Generator(cpu_s=self._cpu_ns / 1e9, wall_s=plan.duration_s, lag=_times(self._lags)),
            samples=recorder.samples,
        )


def _times(nanoseconds: list[int]) -> Distribution:
    return distribution(np.asarray(nanoseconds, dtype=np.float64) * _MS)


@final
class _Probe:
    """The owner of the first connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.done: asyncio.Future[str] = loop.create_future()

    def answered(self, connection: Connection) -> None:
        self._tell(str(connection.status))

    def failed(self, connection: Connection, kind: str) -> None:  # noqa: ARG002 - there is only one
        self._tell(kind)

    def _tell(self, what: str) -> None:
        if not self.done.done():
            self.done.set_result(what)


@contextmanager
def _without_pauses() -> Iterator[None]:
    """Take what is there already out of the garbage collector's work, which would stop the clock for milliseconds."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
