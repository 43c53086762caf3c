"""From k6's samples to histograms, on k6's clock: nanoseconds since the epoch."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from typing import final

from perfreg.measure.engines import punctuality
from perfreg.measure.engines.accumulator import Tally
from perfreg.measure.engines.engine import Generator, LoadPlan, LoadResult
from perfreg.measure.engines.k6.failure import classify, is_status
from perfreg.measure.engines.k6.output import NOBODY, Trail
from perfreg.measure.engines.k6.schedule import Schedule
from perfreg.measure.engines.k6.script import load_profile
from perfreg.measure.engines.native.failure import CHECK
from perfreg.measure.engines.profile import is_constant
from perfreg.measure.engines.recording import Recorder
from perfreg.stats.distribution import Distribution, Moments, merge

Write = Callable[[int, int, int, int, int], None]

_UNLIKELY = -2.0
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")
_MOST_NAMES = 50
"""Requests of a script may have names; so many of those that could be names of steps have metrics of their own."""
_ENOUGH = 200
"""First requests of visits by which it is told when the schedule began."""
_BORDER, _UNSENT = 2, 0.01
"""Visits that may be missing: those at the borders of the measurement, and so large a share."""


@final
class Collector:
    """The `Sink` of one load."""

    def __init__(self, plan: LoadPlan) -> None:
        self._plan = plan
        self._schedule = Schedule(load_profile(plan)) if plan.rate else None
        self._recorder: Recorder | None = None
        self._early: list[tuple[Trail, float | None]] = []
        self._pending: dict[int, Trail] = {}
        self._visits: dict[int, int] = {}
        self._last: dict[int, int] = {}
        self._drops = array("q")
        self._begun, self._origin = 0, 1 << 62
        self._seen = self._begun_in_time = 0
        self._steps: dict[str, tuple[Recorder, Write]] = {}
        self._connects, self._handshakes, self._lags = Tally(), Tally(), Tally()

    @property
    def start_ns(self) -> int | None:
        """When the measurement begins; unknown until the load has begun."""
        return self._recorder.start_ns if self._recorder else None

    def begin(self, at: int) -> None:
        """The load has begun, with its warm-up."""
        if self._recorder is None:
            plan = self._plan
            self._begun = at
            self._start_ns = at + round(plan.warm_up_s * 1e9)
            self._recorder = Recorder(
                start_ns=self._start_ns, duration_s=plan.duration_s, keep_samples=plan.keep_samples
            )
            self._write = self._recorder.writer()
            for number in range(len(plan.calls) if len(plan.calls) > 1 else 0):
                self._step(str(number))

    def request(self, trail: Trail) -> None:
        """A request is over; what came of it is told later, unless its script is not ours."""
        for tally, duration in ((self._connects, trail.times[2]), (self._handshakes, trail.times[3])):
            if duration:
                tally.add(duration)
        if self._plan.script:
            self._hold(trail, None)
        else:
            self._pending[trail.visit[0]] = trail

    def answer(self, visit: tuple[int, int], value: float) -> None:
        """What came of the last request of a visit: the bytes of the answer, or what is wrong with it."""
        trail = self._pending.pop(visit[0], None)
        if trail is not None and trail.visit == visit:
            self._hold(trail, value)

    def drop(self, at: int) -> None:
        """A visit was not begun, as no user was free."""
        self._drops.append(at)

    def unlikely(self, visit: tuple[int, int], at: int) -> None:
        """A check of the user's script has failed."""
        recorder = self._recorder
        if recorder is not None and visit != NOBODY and at >= recorder.start_ns:
            recorder.errors[CHECK] += 1

    def end(self) -> None:
        """There are no more samples."""
        self._release()
        if self._recorder is not None:
            for recorder in (self._recorder, *(step for step, _ in self._steps.values())):
                recorder.flush()

    def result(self, generator: tuple[float, float], faults: tuple[str, ...]) -> LoadResult | None:
        """What was measured, for the CPU and wall-clock seconds of k6; None when nothing was."""
        recorder = self._recorder
        if recorder is None:
            return None
        plan = self._plan
        response = recorder.response
        open_loop = self._schedule is not None
        lag = self._lags.distribution()
        return LoadResult(
            response=response,
            service=recorder.service,
            open_loop=open_loop,
            steady=is_constant(plan.stages) and is_constant(plan.rate),
            connect=self._connects.distribution(),
            tls=self._handshakes.distribution(),
            first_byte=recorder.first_byte,
            steps=tuple(step.response for step, _ in self._steps.values()),
            names=tuple(self._steps) if plan.script else (),
            size=Moments() if plan.script else recorder.size,
            errors=Counter(recorder.errors),
            requests=recorder.requests,
            elapsed_s=max(1, recorder.last_ns - recorder.start_ns) / 1e9,
            throughput=sum(each.n for each in response) / self._elapsed_s(recorder),
            slice_s=recorder.slice_s,
            seconds=recorder.seconds,
            generator=Generator(
                cpu_s=generator[0], wall_s=generator[1], workers=plan.workers, lag=lag if open_loop else None
            ),
            faults=(*faults, *self._missed(recorder), *_late(lag, merge(response))),
            samples=recorder.samples,
        )

    def _hold(self, trail: Trail, value: float | None) -> None:
        """Wait with the first requests until it is known when the load, and its schedule, began."""
        is_first = self._visits.get(trail.visit[0]) != trail.visit[1]
        self._visits[trail.visit[0]] = trail.visit[1]
        if self._schedule is not None and is_first and trail.visit != NOBODY:
            self._seen += 1
            origin = trail.begun - self._offset(self._schedule, trail)
            self._origin = max(self._begun, min(self._origin, origin))
        if self._recorder is None or (self._schedule is not None and self._seen < _ENOUGH):
            self._early.append((trail, value))
        else:
            self._release()
            self._count(trail, value, is_first=is_first)

    def _release(self) -> None:
        early, self._early = self._early, []
        seen: dict[int, int] = {}
        for trail, value in early:
            self._count(trail, value, is_first=seen.get(trail.visit[0]) != trail.visit[1])
            seen[trail.visit[0]] = trail.visit[1]

    def _offset(self, schedule: Schedule, trail: Trail) -> int:
        """From the start of the schedule to the moment a visit was due; those before it that were dropped count."""
        return schedule.due_ns(trail.visit[1] + bisect_right(self._drops, trail.begun))

    def _count(self, trail: Trail, value: float | None, *, is_first: bool) -> None:
        recorder = self._recorder
        if recorder is None:
            return
        if trail.visit == NOBODY:
            recorder.requests += 1
            return
        intended = trail.begun
        if self._schedule is not None and is_first:
            intended = min(intended, self._origin + self._offset(self._schedule, trail))
            if intended >= recorder.start_ns:
                self._begun_in_time += 1
                self._lags.add(trail.begun - intended)
        self._last[trail.visit[0]] = trail.ended
        if kind := self._failure(trail, value):
            recorder.fail(kind, intended, trail.ended)
            return
        numbers = (intended, trail.sent, trail.first_byte, trail.ended, int(value or 0))
        self._write(*numbers)
        step = self._steps.get(trail.name)
        if step is None and self._plan.script and len(self._steps) < _MOST_NAMES and _NAME.fullmatch(trail.name):
            step = self._step(trail.name)
        if step is not None:
            step[1](*numbers)

    def _step(self, name: str) -> tuple[Recorder, Write]:
        """What counts the requests of a name by themselves."""
        recorder = Recorder(start_ns=self._start_ns, duration_s=self._plan.duration_s)
        self._steps[name] = recorder, recorder.writer()
        return self._steps[name]

    def _failure(self, trail: Trail, value: float | None) -> str:
        if not is_status(trail.error_code):
            return classify(trail.error_code, trail.error)
        if value is None:
            good = trail.status < 400 if trail.expected == "" else trail.expected == "true"
            return "" if good else f"status {trail.status}"
        if value == _UNLIKELY:
            return CHECK
        return f"status {trail.status}" if value < 0 else ""

    def _elapsed_s(self, recorder: Recorder) -> float:
        """The time that the requests which count have taken: without what was begun before, or ended later."""
        plan = self._plan
        if plan.rate or plan.stages or plan.script or not self._last:
            return plan.duration_s
        worked = sum(max(0, last - recorder.start_ns) for last in self._last.values())
        return max(1, worked - recorder.carried_ns) / 1e9 / len(self._last)

    def _missed(self, recorder: Recorder) -> tuple[str, ...]:
        """k6 has no queue: visits that nobody was free for are left out, and those would have been the slow ones.

        It tells of those. It does not tell of those that it was too late for itself when the time was over.
        """
        if self._schedule is None:
            return ()
        whole = round(sum(each.area for each in self._plan.rate))
        dropped = len(self._drops) - bisect_right(self._drops, recorder.start_ns)
        late = whole - self._begun_in_time - dropped
        if not dropped and late <= max(_BORDER, _UNSENT * whole):
            return ()
        most = self._plan.max_connections
        fault = (
            f"the schedule was not kept: {dropped + max(0, late)} of {whole} visits were never begun, {dropped} of "
            f"them as none of k6's users was free (at most {most}): the service, or this machine, does not sustain "
            "that rate"
        )
        return (fault,)


def _late(lag: Distribution, response: Distribution) -> Iterator[str]:
    """What k6 did too late by its own fault."""
    usual = response.quantile(0.5) if response.n else 0.0
    return punctuality.faults(unsent=0, scheduled=0, connections=0, lag=lag, usual_ms=usual)
