"""The users of a scenario, as users of Locust."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from itertools import count
from random import Random
from time import perf_counter_ns
from typing import Any, ClassVar

import gevent
from locust import FastHttpUser, task
from locust.exception import StopUser

from perfreg.measure.engines import trust
from perfreg.measure.engines.engine import LoadPlan
from perfreg.measure.engines.locust.exchange import exchange
from perfreg.measure.engines.locust.job import origin
from perfreg.measure.engines.locust.load import Load
from perfreg.measure.engines.locust.schedule import Schedule
from perfreg.measure.engines.native.script import compile_script
from perfreg.measure.engines.profile import shifts
from perfreg.measure.engines.recording import Recorder

_PAUSE_AFTER_ERROR_S = 0.05


class ScenarioUser(FastHttpUser):
    """Goes through the calls of the plan, over and over, or whenever the schedule says so."""

    abstract = True
    insecure = False
    scenario: ClassVar[ScenarioLoad]

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        agent: Any = self.client.client
        # Every status is an answer, a redirect too: which are good ones is for the scenario to say.
        agent.valid_response_codes = frozenset(range(100, 600))
        agent.redirect_response_codes = frozenset()
        if not self.scenario.plan.cookies:
            agent.cookiejar = None

    @task
    def work(self) -> None:
        """All that this user does."""
        self.scenario.work(self)
        raise StopUser


class ScenarioLoad(Load):
    """The load of a plan's calls."""

    def __init__(self, plan: LoadPlan) -> None:
        user = type("PerfregUser", (ScenarioUser,), {**_settings(plan), "scenario": self})
        super().__init__(plan, [user])
        seed = f"{plan.seed}/{plan.share[0]}"
        self._script = compile_script(plan.calls, plan.rows, cookies=plan.cookies, seed=seed)
        self._is_several = len(plan.calls) > 1 or plan.cookies
        self._numbers = count(plan.share[0], plan.share[1])
        self._expected = len(range(plan.share[0], self.users, plan.share[1]))
        self._left = self._worked_ns = 0
        self._schedule = Schedule(self) if plan.rate else None
        self.open_loop = bool(plan.rate)

    @property
    def users(self) -> int:
        return self.plan.connections

    def begin(self) -> None:
        super().begin()
        duration = self.plan.duration_s
        steps = self._script.steps if self._is_several else ()
        self._step_recorders = [Recorder(start_ns=self.start_ns, duration_s=duration) for _ in steps]
        self._step_writers = [each.writer() for each in self._step_recorders]

    def run(self) -> None:
        if self._schedule is not None:
            self._schedule.run()
        elif not self._expected:  # of several workers, some may have nobody
            self.have_ended.set()

    def elapsed_s(self) -> float:
        plan = self.plan
        if plan.stages or plan.rate:
            return plan.duration_s
        return max(1, self._worked_ns - self.recorder.carried_ns) / 1e9 / max(1, self._expected)

    def faults(self) -> tuple[str, ...]:
        return self._schedule.faults() if self._schedule is not None else ()

    def step_recorders(self) -> dict[str, Recorder]:
        return {str(number): each for number, each in enumerate(self._step_recorders)}

    def work(self, user: ScenarioUser) -> None:
        """What a user does from its beginning to its end."""
        number = next(self._numbers)
        # Not for secrets, but for pauses that are the same for base and head.
        random = Random(f"{self.plan.seed}/{self.plan.share[0]}/{number}")  # noqa: S311
        if self._schedule is not None:
            self._schedule.serve(lambda due: self._visit(user, random, due))
        elif self.plan.stages:
            self._work_shifts(user, random, number)
        else:
            # One by one over half of the warm-up: a server's queue of new connections is short.
            gevent.sleep(self.plan.warm_up_s / 2 * number / self.users)
            self._repeat(user, random, self.end_ns)
        self._left += 1
        self._worked_ns += max(0, perf_counter_ns() - self.start_ns)
        if self._left >= self._expected:
            self.have_ended.set()

    def _work_shifts(self, user: ScenarioUser, random: Random, number: int) -> None:
        for index, (on, off) in enumerate(shifts(self.plan.stages, number)):
            if index or on:  # the first ones warm the service up
                self.sleep_until(self.start_ns + round(on * 1e9))
            self._repeat(user, random, self.start_ns + round(off * 1e9))

    def _repeat(self, user: ScenarioUser, random: Random, until_ns: int) -> None:
        """Visit after visit; however slow the server is, one request counts."""
        counts = False
        while (now := perf_counter_ns()) < until_ns or not counts:
            counts = self._visit(user, random, now)

    def _visit(self, user: ScenarioUser, random: Random, intended: int) -> bool:
        """Go through the calls once; whether the last request that was sent counts. A failure ends the visit."""
        values = dict(next(self._script.rows))
        if self.open_loop and self.plan.cookies:
            user.client.cookiejar.clear()
        for number, step in enumerate(self._script.steps):
            if number and perf_counter_ns() >= self.end_ns and intended >= self.start_ns:
                return True
            answer = exchange(user.client, step, values, self.plan.timeout_s)
            meant = intended if number == 0 and self.open_loop else answer.sent
            intended = meant
            if answer.failure:
                self.recorder.fail(answer.failure, meant, answer.finished)
                if not self.open_loop:
                    gevent.sleep(_PAUSE_AFTER_ERROR_S)
                break
            self.write(meant, answer.sent, answer.first, answer.finished, answer.size)
            if self._is_several:
                self._step_writers[number](meant, answer.sent, answer.first, answer.finished, answer.size)
            values.update(answer.values)
            self._think(random.uniform(*step.call.think_s))
        return intended >= self.start_ns

    def _think(self, pause_s: float) -> None:
        if pause_s > 0:
            gevent.sleep(max(0.0, min(pause_s, (self.end_ns - perf_counter_ns()) / 1e9)))


def _settings(plan: LoadPlan) -> dict[str, Any]:
    """Attributes of the class of users."""
    return {
        "host": origin(plan),
        "abstract": False,
        "network_timeout": plan.timeout_s,
        "connection_timeout": plan.timeout_s,
        "concurrency": 1,
        "max_retries": 0,
        "insecure": plan.verify is False,
        "ssl_context_factory": staticmethod(_context_factory(plan)),
    }


def _context_factory(plan: LoadPlan) -> Callable[..., ssl.SSLContext]:
    """Gives all users the same context: each of their own would read all authorities again."""

    def context(**_: object) -> ssl.SSLContext:
        return trust.context(plan.verify)

    return context
