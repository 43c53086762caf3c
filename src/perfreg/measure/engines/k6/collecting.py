"""From k6's samples to histograms, on k6's clock: nanoseconds since the epoch."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from typing import final

from perfreg.measure.engines.accumulator import Tally
from perfreg.measure.engines.engine import Generator, LoadPlan, LoadResult
from perfreg.measure.engines.k6.failure import classify, is_status
from perfreg.measure.engines.k6.output import NOBODY, Trail
from perfreg.measure.engines.k6.schedule import Schedule
from perfreg.measure.engines.k6.script import load_profile
from perfreg.measure.engines.native.failure import CHECK
from perfreg.measure.engines.profile import is_constant
from perfreg.measure.engines.recording import Recorder
from perfreg.stats.distribution import Moments, merge

_UNLIKELY = -2.0
_ENOUGH = 200
"""First requests of visits by which it is told when the schedule began."""
_LAG_MS = 10.0
"""A generator that is later than this, and by half of what it measures, mostly measures itself."""


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
        self._origin = 1 << 62
        self._seen = 0
        self._connects, self._handshakes, self._lags = Tally(), Tally(), Tally()
        self._unlikely = 0

    @property
    def start_ns(self) -> int | None:
        """When the measurement begins; unknown until the load has begun."""
        return self._recorder.start_ns if self._recorder else None

    def begin(self, at: int) -> None:
        """The load has begun, with its warm-up."""
        if self._recorder is None:
            plan = self._plan
            start = at + round(plan.warm_up_s * 1e9)
            self._recorder = Recorder(start_ns=start, duration_s=plan.duration_s, keep_samples=plan.keep_samples)
            self._write = self._recorder.writer()
            steps = plan.calls if len(plan.calls) > 1 else ()
            self._steps = [Recorder(start_ns=start, duration_s=plan.duration_s) for _ in steps]
            self._step_writers = [each.writer() for each in self._steps]

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
        for recorder in (self._recorder, *self._steps) if self._recorder else ():
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
        usual = merged.quantile(0.5) if (merged := merge(response)).n else 0.0
        late = lag.quantile(0.99) if lag.n else 0.0
        return LoadResult(
            response=response,
            service=recorder.service,
            open_loop=open_loop,
            steady=is_constant(plan.stages) and is_constant(plan.rate),
            connect=self._connects.distribution(),
            tls=self._handshakes.distribution(),
            first_byte=recorder.first_byte,
            steps=tuple(each.response for each in self._steps),
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
            faults=(*faults, *self._dropped(recorder), *_too_late(late, usual)),
            samples=recorder.samples,
        )

    def _hold(self, trail: Trail, value: float | None) -> None:
        """Wait with the first requests until it is known when the load, and its schedule, began."""
        is_first = self._visits.get(trail.visit[0]) != trail.visit[1]
        self._visits[trail.visit[0]] = trail.visit[1]
        if self._schedule is not None and is_first and trail.visit != NOBODY:
            self._seen += 1
            self._origin = min(self._origin, trail.begun - self._offset(self._schedule, trail))
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
                self._lags.add(trail.begun - intended)
        self._last[trail.visit[0]] = trail.ended
        if kind := self._failure(trail, value):
            recorder.fail(kind, intended, trail.ended)
            return
        numbers = (intended, trail.sent, trail.first_byte, trail.ended, int(value or 0))
        self._write(*numbers)
        if self._steps and trail.name.isdecimal() and int(trail.name) < len(self._steps):
            self._step_writers[int(trail.name)](*numbers)

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

    def _dropped(self, recorder: Recorder) -> tuple[str, ...]:
        """k6 has no queue: visits for which nobody was free are left out, and those would have been the slow ones."""
        if self._schedule is None or not (count := len(self._drops) - bisect_right(self._drops, recorder.start_ns)):
            return ()
        whole = round(sum(each.area for each in self._plan.rate))
        most = self._plan.max_connections
        fault = (
            f"the schedule was not kept: {count} of {whole} visits were never begun, as none of k6's users was free "
            f"(at most {most}): the service, or this machine, does not sustain that rate"
        )
        return (fault,)


def _too_late(late: float, usual: float) -> tuple[str, ...]:
    if late <= max(_LAG_MS, usual / 2):
        return ()
    fault = (
        f"the load generator was too slow for the schedule: 1 % of the requests were sent {late:.3g} ms late "
        "or later by its own fault"
    )
    return (fault,)
