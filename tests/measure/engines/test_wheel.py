from __future__ import annotations

import asyncio
from time import perf_counter_ns

from perfreg.measure.engines.native.wheel import TimerWheel


class Waiting:
    """Somebody who waits since a moment, and remembers when he gave up."""

    def __init__(self, busy_since: int = 0) -> None:
        self.busy_since = busy_since
        self.expired: list[int] = []

    def expire(self) -> None:
        self.expired.append(perf_counter_ns())
        self.busy_since = 0


def turn(who: list[Waiting], timeout_s: float, seconds: float) -> list[int]:
    lags: list[int] = []

    async def go() -> None:
        wheel = TimerWheel(asyncio.get_running_loop(), timeout_s, lags.append)
        for each in who:
            wheel.watch(each)
        wheel.start()
        await asyncio.sleep(seconds)
        wheel.stop()

    asyncio.run(go())
    return lags


def test_only_those_expire_who_waited_too_long_and_not_too_early() -> None:
    began = perf_counter_ns()
    waiting, idle = [Waiting(began) for _ in range(100)], Waiting()
    lags = turn([*waiting, idle], 0.2, 0.5)
    assert not idle.expired
    assert all(len(each.expired) == 1 and each.expired[0] - began >= 200_000_000 for each in waiting)
    assert lags
    assert min(lags) >= 0


def test_who_begins_anew_has_a_new_deadline() -> None:
    busy = Waiting(perf_counter_ns())

    async def go() -> None:
        wheel = TimerWheel(asyncio.get_running_loop(), 0.3, lambda _: None)
        wheel.watch(busy)
        wheel.start()
        for _ in range(12):
            busy.busy_since = perf_counter_ns()
            await asyncio.sleep(0.05)
        wheel.stop()

    asyncio.run(go())
    assert not busy.expired


def test_a_timeout_longer_than_all_slots_is_kept() -> None:
    late = Waiting(perf_counter_ns())
    turn([late], 3600.0, 0.2)
    assert not late.expired
