"""A closed loop: a number of users, each of whom waits for an answer before sending the next request."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, final

from perfreg.measure.engines.native.user import User
from perfreg.measure.engines.profile import shifts

if TYPE_CHECKING:
    from perfreg.measure.engines.native.crew import Crew

_START_STEP_S = 0.002


@final
class ClosedLoop:
    """The users of a plan and their times of work."""

    open_loop = False

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        plan = crew.plan
        self._users = [User(crew, crew.requests(), self._leave) for _ in range(plan.users)]
        self._worked_ns = 0
        self._left = 0
        self._shifts = [shifts(plan.stages, number) if plan.stages else () for number in range(plan.users)]
        self._expected = sum(len(each) for each in self._shifts) if plan.stages else plan.users

    async def start(self) -> None:
        """Start the users. Raises what goes wrong with that."""
        if self._crew.plan.stages:
            self._start_shifts()
        else:
            await self._start_all()

    def stop(self) -> None:
        """Give up whatever is going on."""
        for user in self._users:
            user.stop()

    @property
    def lags(self) -> None:
        """There is no schedule to be late for."""
        return

    def faults(self) -> tuple[str, ...]:
        """A closed loop waits for whoever is slow, so it keeps its word always."""
        return ()

    def elapsed_s(self) -> float:
        """The time that the requests which count have taken: without what was begun before, or ended later.

        With stages that is the time they fill, as users come and go.
        """
        crew = self._crew
        if crew.plan.stages:
            return crew.plan.duration_s
        return max(1, self._worked_ns - crew.recorder.carried_ns) / 1e9 / len(self._users)

    async def _start_all(self) -> None:
        """One by one over half of the warm-up: a server's queue of new connections is short."""
        pause = self._crew.plan.warm_up_s / 2 / len(self._users)
        owed = 0.0
        for user in self._users:
            self._crew.wheel.watch(user)
            user.start(self._crew.end_ns)
            owed += pause
            if owed > _START_STEP_S:
                await asyncio.sleep(owed)
                owed = 0.0

    def _start_shifts(self) -> None:
        """The first ones warm the service up, the others come when their time has come."""
        loop, start = self._crew.loop, self._crew.recorder.start_ns
        for user, times in zip(self._users, self._shifts, strict=True):
            self._crew.wheel.watch(user)
            for number, (on, off) in enumerate(times):
                until = start + round(off * 1e9)
                early = number == 0 and on == 0.0
                delay = 0.0 if early else self._crew.seconds_to_start() + on
                loop.call_later(delay, user.start, until)

    def _leave(self, now: int) -> None:
        self._left += 1
        self._worked_ns += max(0, now - self._crew.recorder.start_ns)
        if self._left == self._expected:
            self._crew.finish()
