"""An alarm goes off once for each time that it is set, a little before its moment at most, and says up to when."""

from __future__ import annotations

import asyncio
import sys
from time import perf_counter_ns

import pytest

from perfreg.measure.engines.event_loop import fast_loop, run
from perfreg.measure.engines.native.alarm import alarm

PATIENCE = 20


@pytest.mark.skipif(sys.platform != "linux", reason="the timers of event loops may be early")
@pytest.mark.parametrize("gap_ns", [0, 300_000, 5_000_000])
def test_it_goes_off_just_before_its_moment_or_later(gap_ns: int) -> None:
    times: list[tuple[int, int, int]] = []

    async def rings() -> None:
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        due = perf_counter_ns()

        def ring(moment: int) -> None:
            nonlocal due
            times.append((due, perf_counter_ns(), moment))
            if len(times) == 30:
                done.set_result(None)
                return
            due = perf_counter_ns() + gap_ns
            clock.set(due)

        clock = alarm(loop, ring)
        clock.set(due)
        await asyncio.wait_for(done, 60)
        clock.close()

    run(rings(), fast_loop())
    assert len(times) == 30
    assert all(rang >= due - gap_ns // PATIENCE for due, rang, _ in times)
    assert all(moment == max(due, moment) and moment <= max(due, rang) for due, rang, moment in times)


def test_whoever_is_closed_is_silent() -> None:
    rung: list[None] = []

    async def rings() -> None:
        clock = alarm(asyncio.get_running_loop(), lambda _: rung.append(None))
        clock.set(perf_counter_ns() + 20_000_000)
        clock.close()
        await asyncio.sleep(0.1)

    run(rings(), fast_loop())
    assert not rung
