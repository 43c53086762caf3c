"""The embedded engine, as the `api` scenario drives it. `client_perfreg.py URL CONNECTIONS SECONDS [CERTIFICATE]`.

CPU time and requests are those of the whole load with its warm-up, not of the start of Python. With ``--workers`` it
is several processes, with ``--check`` each answer is looked into; with ``--rate`` the loop is open, and ``--intended``
tells when requests were due.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from typing import Any

from perfreg.measure.engines.call import Call, Checks
from perfreg.measure.engines.engine import LoadPlan, LoadResult
from perfreg.measure.engines.event_loop import fast_loop, run
from perfreg.measure.engines.native.crew import Crew
from perfreg.measure.engines.native.engine import drive
from perfreg.measure.engines.profile import constant
from perfreg.stats.distribution import merge

WARM_UP_S = 0.2


def main() -> None:
    """Load the server, and print what is said of it."""
    given = _arguments()
    plan = _plan(given)
    cpu, origin = time.process_time(), 0
    if given.intended:
        result, origin = run(_timed(plan), fast_loop())
    else:
        result = drive(plan)
    found = summary(result, time.process_time() - cpu)
    if given.intended and result.samples is not None:
        found["intended_ns"] = [origin + each for each in result.samples.intended]
    print(json.dumps(found))


def summary(result: LoadResult, cpu_s: float) -> dict[str, Any]:
    """What is printed."""
    response, service = merge(result.response), merge(result.service)
    return {
        "requests": result.requests,
        "rate": result.throughput,
        "failures": sum(result.errors.values()),
        "cpu_s": cpu_s,
        "faults": result.faults,
        **{f"{name}_us": 1e3 * response.quantile(share) for name, share in QUANTILES},
        **{f"service_{name}_us": 1e3 * service.quantile(share) for name, share in QUANTILES},
    }


QUANTILES = (("p50", 0.5), ("p99", 0.99), ("p999", 0.999))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("connections", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("certificate", nargs="?")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--intended", action="store_true")
    return parser.parse_args()


def _plan(given: argparse.Namespace) -> LoadPlan:
    checks = Checks(json=(("$.items[-1].id", 599),)) if given.check else None
    return LoadPlan(
        calls=(Call(url=given.url, checks=checks),),
        timeout_s=30.0,
        users=given.connections,
        warm_up_s=WARM_UP_S,
        duration_s=given.seconds,
        alive=_nothing,
        progress=_no_progress,
        rate=constant(given.rate, given.seconds) if given.rate else (),
        workers=given.workers,
        verify=given.certificate or True,
        keep_samples=given.intended,
    )


async def _timed(plan: LoadPlan) -> tuple[LoadResult, int]:
    """The load, and the moment at which its measurement began."""
    crew = Crew(plan)
    await crew.probe()
    start = time.perf_counter_ns() + round(WARM_UP_S * 1e9)
    result = await crew.load(start)
    await asyncio.sleep(0)
    return result, start


def _nothing() -> None:
    """The server belongs to the benchmark, which sees when it dies."""


def _no_progress(share: float) -> None:
    """Nobody watches."""


if __name__ == "__main__":
    main()
