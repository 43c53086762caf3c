"""A closed loop: a number of users, each of whom waits for an answer before sending the next request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter_ns
from typing import TYPE_CHECKING, final

from perfreg.measure.engines.native.client import Client
from perfreg.measure.engines.native.session import Session
from perfreg.measure.engines.native.user import User
from perfreg.measure.engines.profile import shifts

if TYPE_CHECKING:
    from perfreg.measure.engines.native.crew import Crew
    from perfreg.measure.engines.native.script import Script

_START_STEP_S = 0.002


@final
class Repeater:
    """A user who goes through all the calls of the plan, over and over."""

    def __init__(self, crew: Crew, script: Script, number: int, leave: Callable[[int], None]) -> None:
        self._session = Session(crew, script, number, self._again)
        self._crew = crew
        self._leave = leave
        self._until = 0
        self._working = False

    @property
    def client(self) -> Client:
        """Whom a timeout concerns."""
        return self._session

    def start(self, until_ns: int) -> None:
        """Work until then."""
        self._until = until_ns
        if self._working:  # the shift before has not ended yet, as its last answer is late: this one follows at once
            self._leave(perf_counter_ns())
            return
        self._working = True
        self._again(self._session)

    def _again(self, session: Session) -> None:
        now = perf_counter_ns()
        if not self._working:
            return
        if now >= self._until and session.has_counted:
            self._working = False
            self._leave(now)
        else:
            session.begin(now)


@final
class ClosedLoop:
    """The users of a plan and their times of work."""

    open_loop = False

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        plan = crew.plan
        self._users: list[User | Repeater] = [
            self._user(number) for number in range(plan.share[0], plan.users, plan.share[1])
        ]
        self._worked_ns = 0
        self._left = 0
        self._shifts = [
            shifts(plan.stages, number) if plan.stages else ()
            for number in range(plan.share[0], plan.users, plan.share[1])
        ]
        self._expected = sum(len(each) for each in self._shifts) if plan.stages else len(self._users)

    async def start(self) -> None:
        """Start the users. Raises what goes wrong with that."""
        if self._crew.plan.stages:
            self._start_shifts()
        else:
            await self._start_all()

    def stop(self) -> None:
        """Give up whatever is going on."""
        for user in self._users:
            user.client.stop()

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

    def _user(self, number: int) -> User | Repeater:
        if self._crew.script is None:
            return User(self._crew, self._crew.next_request, self._leave)
        return Repeater(self._crew, self._crew.script, number, self._leave)

    async def _start_all(self) -> None:
        """One by one over half of the warm-up: a server's queue of new connections is short."""
        pause = self._crew.plan.warm_up_s / 2 / len(self._users)
        owed = 0.0
        for user in self._users:
            self._crew.wheel.watch(user.client)
            user.start(self._crew.end_ns)
            owed += pause
            if owed > _START_STEP_S:
                await asyncio.sleep(owed)
                owed = 0.0

    def _start_shifts(self) -> None:
        """The first ones warm the service up, the others come when their time has come."""
        if not self._expected:  # of several workers, some may have nobody
            self._crew.finish()
        loop, start = self._crew.loop, self._crew.recorder.start_ns
        for user, times in zip(self._users, self._shifts, strict=True):
            self._crew.wheel.watch(user.client)
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
