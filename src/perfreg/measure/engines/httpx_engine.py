"""HTTP load by httpx: correct and simple; closed loop, one connection for each user."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from perfreg.errors import MeasureError
from perfreg.measure.engines import trust
from perfreg.measure.engines.engine import Generator, LoadEngine, LoadPlan, LoadResult
from perfreg.measure.engines.event_loop import run
from perfreg.measure.engines.recording import Recorder
from perfreg.stats.distribution import distribution

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    Write = Callable[[int, int, int, int, int], None]

MAX_BODY_BYTES = 64 * 1024 * 1024
"""An answer larger than this counts as an error, so that a hostile server cannot exhaust time or memory."""

_PAUSE_AFTER_ERROR_S = 0.05
_CHECK_EVERY_S = 0.5


def drive(plan: LoadPlan) -> LoadResult:
    """Run the plan in an event loop of its own. Raises `MeasureError` when the first request cannot connect."""
    return run(_drive(plan))


async def _drive(plan: LoadPlan) -> LoadResult:
    import httpx
    import numpy as np  # noqa: F401 - before the load begins: importing it amid the load would stop it for 0.1 s

    limits = httpx.Limits(max_connections=plan.users, max_keepalive_connections=plan.users)
    # trust_env off: a proxy or .netrc of the runner must not come between the load and its target.
    client = httpx.AsyncClient(
        verify=trust.context(plan.verify),
        limits=limits,
        timeout=plan.timeout_s,
        trust_env=False,
        follow_redirects=False,
    )
    async with client:
        await _probe(client, plan)
        start = time.perf_counter_ns() + round(plan.warm_up_s * 1e9)
        recorder = Recorder(start_ns=start, duration_s=plan.duration_s, keep_samples=plan.keep_samples)
        recorder.requests = 1  # the service has worked for that one too
        write = recorder.writer()
        users = [asyncio.create_task(_user(client, plan, recorder, write)) for _ in range(plan.users)]
        watch = asyncio.create_task(_watch(plan, start))
        try:
            done, _ = await asyncio.wait([watch, *users], return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in (watch, *users):
                task.cancel()
            await asyncio.gather(watch, *users, return_exceptions=True)
        recorder.flush()
        return _result(recorder, watch.result())


def _result(recorder: Recorder, cpu_s: float) -> LoadResult:
    response = recorder.response
    elapsed = max(recorder.last_ns - recorder.start_ns, 1) / 1e9
    unknown = distribution(())
    return LoadResult(
        response=response,
        service=recorder.service,
        connect=unknown,
        tls=unknown,
        first_byte=unknown,
        size=recorder.size,
        errors=recorder.errors,
        requests=recorder.requests,
        elapsed_s=elapsed,
        throughput=sum(each.n for each in response) / elapsed,
        slice_s=recorder.slice_s,
        seconds=recorder.seconds,
        generator=Generator(cpu_s=cpu_s, wall_s=elapsed),
        samples=recorder.samples,
    )


async def _probe(client: httpx.AsyncClient, plan: LoadPlan) -> None:
    """The first request decides whether there is anything to load; its answer is not counted."""
    import httpx

    try:
        await _request(client, plan)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
        hint = "start the service, or check base_url and endpoint"
        raise MeasureError(f"cannot connect: {error}", where=plan.calls[0].url, hint=hint) from error
    except (httpx.InvalidURL, httpx.LocalProtocolError) as error:
        raise MeasureError(f"the request cannot be sent: {error}", where=plan.calls[0].url) from error
    except (httpx.HTTPError, asyncio.TimeoutError, OverflowError):
        # The server is there but does not answer well: that is what the load will count.
        return


async def _user(client: httpx.AsyncClient, plan: LoadPlan, recorder: Recorder, write: Write) -> None:
    import httpx

    end = recorder.start_ns + round(plan.duration_s * 1e9)
    accepts = plan.calls[0].accepts
    counted = False  # however short the time is and however slow the server: one request of each user counts
    while (sent := time.perf_counter_ns()) < end or not counted:
        failure = ""
        size = 0
        try:
            status, size = await _request(client, plan)
            if status not in accepts:
                failure = f"status {status}"
        except (httpx.HTTPError, asyncio.TimeoutError, OSError, OverflowError) as error:
            failure = classify(error)
        finished = time.perf_counter_ns()
        counted = sent >= recorder.start_ns
        if failure:
            recorder.fail(failure, sent, finished)
            await asyncio.sleep(_PAUSE_AFTER_ERROR_S)
        else:
            write(sent, sent, finished, finished, size)


async def _request(client: httpx.AsyncClient, plan: LoadPlan) -> tuple[int, int]:
    """Send one request and read its answer to the end: its status and the bytes of its body."""
    return await asyncio.wait_for(_exchange(client, plan), plan.timeout_s)


async def _exchange(client: httpx.AsyncClient, plan: LoadPlan) -> tuple[int, int]:
    size = 0
    call = plan.calls[0]
    async with client.stream(call.method, call.url, headers=list(call.headers), content=call.body) as answer:
        async for chunk in answer.aiter_raw():
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                raise OverflowError(f"more than {MAX_BODY_BYTES} bytes")
    return answer.status_code, size


async def _watch(plan: LoadPlan, start: int) -> float:
    """Ask every now and then whether the service lives; the CPU time that the measurement cost."""
    total = plan.warm_up_s + plan.duration_s
    cpu = time.thread_time()
    while (left := (start - time.perf_counter_ns()) / 1e9 + plan.duration_s) > 0:
        plan.alive()
        plan.progress(max(0.0, 1 - left / total))
        before = left - plan.duration_s
        await asyncio.sleep(min(_CHECK_EVERY_S, left, before if before > 0 else left))
        if before > 0:
            cpu = time.thread_time()
    plan.alive()
    return time.thread_time() - cpu


def classify(error: BaseException) -> str:
    """The class a failed request is counted under."""
    import httpx

    if isinstance(error, (httpx.TimeoutException, asyncio.TimeoutError)):
        return "timeout"
    if isinstance(error, httpx.ConnectError):
        return "refused"
    if isinstance(error, (httpx.ReadError, httpx.WriteError, httpx.CloseError)):
        return "reset"
    if isinstance(error, (httpx.RemoteProtocolError, httpx.DecodingError)):
        return "protocol"
    if isinstance(error, OverflowError):
        return "too large"
    return "other"


ENGINE = LoadEngine(name="httpx", summary="httpx, closed loop, one process", drive=drive)
