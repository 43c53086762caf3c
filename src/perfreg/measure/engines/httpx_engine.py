"""HTTP load by httpx: correct and simple; closed loop, one connection for each user."""

from __future__ import annotations

import asyncio
import time
from functools import cache
from typing import TYPE_CHECKING

from perfreg.errors import MeasureError
from perfreg.measure.engines.engine import LoadEngine, LoadPlan, LoadSamples
from perfreg.measure.engines.event_loop import run

if TYPE_CHECKING:
    import ssl

    import httpx

MAX_BODY_BYTES = 64 * 1024 * 1024
"""An answer larger than this counts as an error, so that a hostile server cannot exhaust time or memory."""

_PAUSE_AFTER_ERROR_S = 0.05
_CHECK_EVERY_S = 0.5


def drive(plan: LoadPlan) -> LoadSamples:
    """Run the plan in an event loop of its own. Raises `MeasureError` when the first request cannot connect."""
    return run(_drive(plan))


@cache
def _trust() -> ssl.SSLContext:
    """Made once: reading the authorities takes up to 0.1 s, much of a short block."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


async def _drive(plan: LoadPlan) -> LoadSamples:
    import httpx

    limits = httpx.Limits(max_connections=plan.users, max_keepalive_connections=plan.users)
    # trust_env off: a proxy or .netrc of the runner must not come between the load and its target.
    client = httpx.AsyncClient(
        verify=_trust(), limits=limits, timeout=plan.timeout_s, trust_env=False, follow_redirects=False
    )
    async with client:
        await _probe(client, plan)
        samples = LoadSamples()
        start = time.perf_counter() + plan.warm_up_s
        users = [asyncio.create_task(_user(client, plan, samples, start)) for _ in range(plan.users)]
        watch = asyncio.create_task(_watch(plan, start))
        try:
            done, _ = await asyncio.wait([watch, *users], return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in (watch, *users):
                task.cancel()
            await asyncio.gather(watch, *users, return_exceptions=True)
        samples.elapsed_s = max(samples.finished_s, default=plan.duration_s)
        return samples


async def _probe(client: httpx.AsyncClient, plan: LoadPlan) -> None:
    """The first request decides whether there is anything to load; its answer is not counted."""
    import httpx

    try:
        await _request(client, plan)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
        hint = "start the service, or check base_url and endpoint"
        raise MeasureError(f"cannot connect: {error}", where=plan.url, hint=hint) from error
    except (httpx.InvalidURL, httpx.LocalProtocolError) as error:
        raise MeasureError(f"the request cannot be sent: {error}", where=plan.url) from error
    except (httpx.HTTPError, asyncio.TimeoutError, OverflowError):
        # The server is there but does not answer well: that is what the load will count.
        return


async def _user(client: httpx.AsyncClient, plan: LoadPlan, samples: LoadSamples, start: float) -> None:
    import httpx

    while (sent := time.perf_counter()) < start + plan.duration_s:
        failure = ""
        size = 0
        try:
            status, size = await _request(client, plan)
            if not plan.accepts(status):
                failure = f"status {status}"
        except (httpx.HTTPError, asyncio.TimeoutError, OSError, OverflowError) as error:
            failure = classify(error)
        finished = time.perf_counter()
        samples.requests += 1
        if sent >= start:
            if failure:
                samples.errors[failure] += 1
            else:
                samples.latency_ms.append((finished - sent) * 1e3)
                samples.finished_s.append(finished - start)
                samples.size.append(size)
        if failure:
            await asyncio.sleep(_PAUSE_AFTER_ERROR_S)


async def _request(client: httpx.AsyncClient, plan: LoadPlan) -> tuple[int, int]:
    """Send one request and read its answer to the end: its status and the bytes of its body."""
    return await asyncio.wait_for(_exchange(client, plan), plan.timeout_s)


async def _exchange(client: httpx.AsyncClient, plan: LoadPlan) -> tuple[int, int]:
    size = 0
    async with client.stream(plan.method, plan.url, headers=list(plan.headers), content=plan.body) as answer:
        async for chunk in answer.aiter_raw():
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                raise OverflowError(f"more than {MAX_BODY_BYTES} bytes")
    return answer.status_code, size


async def _watch(plan: LoadPlan, start: float) -> None:
    total = plan.warm_up_s + plan.duration_s
    while (left := start + plan.duration_s - time.perf_counter()) > 0:
        plan.alive()
        plan.progress(max(0.0, 1 - left / total))
        await asyncio.sleep(min(_CHECK_EVERY_S, left))
    plan.alive()


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
