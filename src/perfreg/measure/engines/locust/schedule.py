"""An open loop: users wait until the schedule has a visit for one of them, whoever else is still busy."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from time import perf_counter_ns
from typing import TYPE_CHECKING, final

from gevent.event import AsyncResult

from perfreg.measure.engines.profile import arrivals, constant
from perfreg.measure.engines.punctuality import faults, is_too_long

if TYPE_CHECKING:
    from perfreg.measure.engines.locust.load import Load


@final
class Schedule:
    """The visits of a plan's ``rate``. Times count from the moment a visit was due."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._idle: list[AsyncResult] = []
        self._waiting: deque[int] = deque()
        self._users = self._scheduled = self._unsent = 0
        self._ended = False

    def run(self) -> None:
        """Hand out what is due until the schedule ends."""
        start = self._load.start_ns
        now = 0
        for due in self._moments():
            if due > now:  # whoever is late sends all that is due, but users have their turn before it looks again
                self._load.sleep_until(due)
                now = perf_counter_ns()
            if due >= start:
                self._scheduled += 1
                self._load.lags.add(max(0, perf_counter_ns() - due))
            if self._idle:
                self._idle.pop().set(due)  # the last one: as few connections as will do
            else:
                self._waiting.append(due)
        self._ended = True
        if is_too_long(len(self._waiting), self._scheduled):
            self._unsent = len(self._waiting)
            self._waiting.clear()
        for each in self._idle:
            each.set(None)

    def serve(self, visit: Callable[[int], object]) -> None:
        """What a user does: visits that are due, one after the other, until there will be no more."""
        self._users += 1
        while True:
            if self._waiting:
                visit(self._waiting.popleft())
            elif self._ended:
                return
            else:
                turn: AsyncResult = AsyncResult()
                self._idle.append(turn)
                due = turn.get()
                if due is None:
                    return
                visit(due)

    def faults(self) -> tuple[str, ...]:
        """Why the times that were measured are not those of the schedule."""
        found = faults(
            unsent=self._unsent,
            scheduled=self._scheduled,
            connections=self._users,
            lag=self._load.lags.distribution(),
            usual_ms=self._load.usual_ms(),
        )
        return tuple(found)

    def _moments(self) -> Iterator[int]:
        """When visits are due; before the measurement at the rate it begins with."""
        plan = self._load.plan
        rate = plan.rate
        lead = constant(rate[0].first, plan.warm_up_s) if plan.warm_up_s > 0 and rate[0].first > 0 else ()
        first = self._load.start_ns - round(sum(each.duration_s for each in lead) * 1e9)
        for piece in arrivals((*lead, *rate), seed=plan.seed if plan.poisson else None, share=plan.share):
            for moment in piece.tolist():
                yield first + moment
