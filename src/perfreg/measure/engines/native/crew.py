"""The users of one process: their target, their clock, and what they have measured together."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter_ns
from typing import Any, Protocol, final

import numpy as np  # noqa: F401 - before the load begins: importing it amid the load would stop everything for 0.1 s

from perfreg.errors import MeasureError
from perfreg.measure.engines.accumulator import Tally
from perfreg.measure.engines.engine import Generator, LoadPlan, LoadResult
from perfreg.measure.engines.native.closed_loop import ClosedLoop
from perfreg.measure.engines.native.dialling import Dialler
from perfreg.measure.engines.native.open_loop import OpenLoop
from perfreg.measure.engines.native.script import Script, compile_script, is_plain, plain_requests
from perfreg.measure.engines.native.target import parse
from perfreg.measure.engines.native.wheel import TimerWheel
from perfreg.measure.engines.native.wire import Connection, HeadConnection, InspectingConnection, Owner
from perfreg.measure.engines.profile import is_constant
from perfreg.measure.engines.recording import Recorder
from perfreg.stats.distribution import Distribution, merge

_CHECK_EVERY_S = 0.5
_PAUSE_AFTER_ERROR_S = 0.05


class Loop(Protocol):
    """The way in which requests follow one another."""

    @property
    def open_loop(self) -> bool: ...

    @property
    def lags(self) -> Distribution | None: ...

    async def start(self) -> None: ...

    def stop(self) -> None: ...

    def faults(self) -> tuple[str, ...]: ...

    def elapsed_s(self) -> float: ...


@final
class Crew:
    """Drives the users of a plan. Made inside its event loop; used once."""

    def __init__(self, plan: LoadPlan) -> None:
        self.plan = plan
        call = plan.calls[0]
        seed = f"{plan.seed}/{plan.share[0]}"
        self.script: Script | None = None
        self.next_request: Callable[[], bytes]
        if is_plain(plan.calls, cookies=plan.cookies):
            self.next_request = plain_requests(call, plan.rows, seed)
        else:
            self.script = compile_script(plan.calls, plan.rows, cookies=plan.cookies, seed=seed)
            self.next_request = self.script.first_request
        self._is_head = call.method == "HEAD"
        self.may_repeat = all(each.is_idempotent for each in plan.calls)
        self.accepts = call.accepts
        self.pause_after_error_s = 0.0 if plan.rate else _PAUSE_AFTER_ERROR_S
        self.loop = asyncio.get_running_loop()
        self.dialler = Dialler(parse(call.url)[0], timeout_s=plan.timeout_s, verify=plan.verify)
        self._lags = Tally()
        self.wheel = TimerWheel(self.loop, plan.timeout_s, self._lags.add)
        self._cpu_ns = self._wall_ns = 0
        self._is_first = True
        self._over: asyncio.Future[None] = self.loop.create_future()

    def connection(self, owner: Owner) -> Connection:
        """A connection for ``owner`` that is not made yet."""
        if self.script is not None:
            return InspectingConnection(owner, self.script.keeps)
        return HeadConnection(owner) if self._is_head else Connection(owner)

    def dialled(self, task: asyncio.Task[None]) -> None:
        """A defect of ours in connecting ends the load, too."""
        error = None if task.cancelled() else task.exception()
        if error is not None and not self._over.done():
            self._over.set_exception(error)

    def finish(self) -> None:
        """Everything is done."""
        if not self._over.done():
            self._over.set_result(None)

    def seconds_to_start(self) -> float:
        """How long it is until the measurement begins."""
        return (self.recorder.start_ns - perf_counter_ns()) / 1e9

    def usual_ms(self) -> float:
        """The median response time so far; 0 when there is none."""
        found = merge(self.recorder.response)
        return found.quantile(0.5) if found.n else 0.0

    async def load(self, start: int) -> LoadResult:
        """Make the load; the measurement begins at ``start``, on the clock of `time.perf_counter_ns`."""
        self.loop.set_exception_handler(self._defect)
        plan = self.plan
        self.end_ns = start + round(plan.duration_s * 1e9)
        self.recorder = Recorder(start_ns=start, duration_s=plan.duration_s, keep_samples=plan.keep_samples)
        self.recorder.requests = int(self._is_first)  # the service has worked for that one too
        self.write = self.recorder.writer()
        steps = self.script.steps if self.script is not None else ()
        self.step_recorders = [Recorder(start_ns=start, duration_s=plan.duration_s) for _ in steps]
        self.step_writers = [each.writer() for each in self.step_recorders]
        load: Loop = OpenLoop(self, plan.rate) if plan.rate else ClosedLoop(self)
        watch = self.loop.create_task(self._watch(start))
        began = self.loop.create_task(load.start())
        with _without_pauses():
            try:
                await asyncio.wait({watch, began, self._over}, return_when=asyncio.FIRST_EXCEPTION)
                for each in (watch, began, self._over):
                    if each.done():
                        each.result()
            finally:
                await self._end(load, watch, began)
        found = self._result(load)
        for recorder in (self.recorder, *self.step_recorders):
            recorder.release()
        return found

    async def _end(self, load: Loop, *tasks: asyncio.Task[None]) -> None:
        self.wheel.stop()
        load.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # aborted connections are gone after one turn of the loop
        for recorder in (self.recorder, *self.step_recorders):
            recorder.flush()

    async def _watch(self, start: int) -> None:
        """Ask every now and then whether the service lives; measure what the load costs from ``start`` on."""
        plan = self.plan
        total = plan.warm_up_s + plan.duration_s
        self.wheel.start()
        cpu, began = time.thread_time_ns(), perf_counter_ns()
        while (now := perf_counter_ns()) < self.end_ns:
            plan.alive()
            left = (self.end_ns - now) / 1e9
            plan.progress(max(0.0, 1 - left / total))
            before = (start - now) / 1e9
            await asyncio.sleep(min(_CHECK_EVERY_S, left, before if before > 0 else left))
            if before > 0:
                cpu, began = time.thread_time_ns(), perf_counter_ns()
                self._lags.clear()
        self._cpu_ns, self._wall_ns = time.thread_time_ns() - cpu, perf_counter_ns() - began
        plan.alive()

    async def probe(self) -> None:
        """The first request decides whether there is anything to load; its answer is not counted.

        None is needed where an earlier load has left a connection. Raises `MeasureError` when the target cannot be
        reached at all.
        """
        url = self.plan.calls[0].url
        probe = _Probe(self.loop)
        connection = self.connection(probe)
        try:
            await asyncio.wait_for(self._reach(connection), self.plan.timeout_s)
        except (OSError, asyncio.TimeoutError, UnicodeError) as error:
            reason = str(error) or f"no answer within {self.plan.timeout_s:g} s"
            hint = "start the service, or check base_url and endpoint"
            raise MeasureError(f"cannot connect: {reason}", where=url, hint=hint) from error
        try:
            if isinstance(connection, InspectingConnection):
                connection.expects_body = not self._is_head
            if not connection.is_open:
                return
            connection.send(self.next_request())
            await asyncio.wait_for(probe.done, self.plan.timeout_s)
        except asyncio.TimeoutError:
            # The server is there but does not answer well: that is what the load will count.
            return
        finally:
            connection.close()

    async def _reach(self, connection: Connection) -> None:
        await self.dialler.resolve()
        self._is_first = not self.dialler.is_known()
        if self._is_first:
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

    def _result(self, load: Loop) -> LoadResult:
        recorder = self.recorder
        response = recorder.response
        lags = load.lags or self._lags.distribution()
        self._lags.clear()
        return LoadResult(
            response=response,
            service=recorder.service,
            open_loop=load.open_loop,
            steady=is_constant(self.plan.stages) and is_constant(self.plan.rate),
            connect=self.dialler.connects.distribution(),
            tls=self.dialler.handshakes.distribution(),
            first_byte=recorder.first_byte,
            steps=tuple(each.response for each in self.step_recorders),
            size=recorder.size,
            errors=recorder.errors,
            requests=recorder.requests,
            repeated=recorder.repeated,
            elapsed_s=(recorder.last_ns - recorder.start_ns) / 1e9,
            throughput=sum(each.n for each in response) / load.elapsed_s(),
            slice_s=recorder.slice_s,
            seconds=recorder.seconds,
            generator=Generator(cpu_s=self._cpu_ns / 1e9, wall_s=self._wall_ns / 1e9, lag=lags),
            faults=load.faults(),
            samples=recorder.samples,
        )


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
