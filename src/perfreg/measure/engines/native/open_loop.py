"""An open loop: requests go out when the schedule says so, whether the ones before are answered or not.

Times count from the scheduled moment, so that a stall of the server shows in full: users do not wait for one another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from time import perf_counter_ns
from typing import TYPE_CHECKING, final

from perfreg.measure.engines.accumulator import Tally
from perfreg.measure.engines.native.alarm import alarm
from perfreg.measure.engines.native.session import Session
from perfreg.measure.engines.native.visitor import Visitor
from perfreg.measure.engines.profile import Profile, arrivals, constant
from perfreg.measure.engines.punctuality import faults, is_too_long
from perfreg.stats.distribution import Distribution

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from perfreg.measure.engines.native.crew import Crew

_NEVER = 1 << 62


@final
class OpenLoop:
    """Sends the requests of a schedule on as many connections as it takes, up to the plan's ``max_connections``."""

    open_loop = True

    def __init__(self, crew: Crew, rate: Profile) -> None:
        self._crew = crew
        plan = crew.plan
        lead = constant(rate[0].first, plan.warm_up_s) if plan.warm_up_s > 0 and rate[0].first > 0 else ()
        self._lead_ns = round(sum(each.duration_s for each in lead) * 1e9)
        seed = plan.seed if plan.poisson else None
        self._due = _moments(arrivals((*lead, *rate), seed=seed, share=plan.share))
        self._next = _NEVER
        self._idle: list[Visitor | Session] = []
        self._visitors: list[Visitor | Session] = []
        self._waiting: deque[int] = deque()
        self._busy = 0
        self._scheduled = 0
        self._unsent = 0
        self._ended = False
        self._lags = Tally()
        self._alarm = alarm(crew.loop, self._ring)

    async def start(self) -> None:
        """Begin with the schedule."""
        self._origin = self._crew.recorder.start_ns - self._lead_ns
        self._advance()
        self._ring(perf_counter_ns())

    def stop(self) -> None:
        """Give up whatever is going on."""
        self._alarm.close()
        self._ended = True
        for visitor in self._visitors:
            visitor.stop()

    @property
    def lags(self) -> Distribution:
        """How late requests were sent, or put into the queue, by the generator's own fault."""
        return self._lags.distribution()

    def faults(self) -> tuple[str, ...]:
        """Why the times that were measured are not those of the schedule."""
        found = faults(
            unsent=self._unsent,
            scheduled=self._scheduled,
            connections=len(self._visitors),
            lag=self.lags,
            usual_ms=self._crew.usual_ms(),
        )
        return tuple(found)

    def elapsed_s(self) -> float:
        """The time that the schedule fills."""
        return self._crew.plan.duration_s

    def _ring(self, moment: int) -> None:
        """Send everything that is due by then, and set the alarm for the next: answers have their turn in between."""
        start = self._crew.recorder.start_ns
        while self._next <= moment:
            if self._next >= start:
                self._scheduled += 1
                self._lags.add(max(0, perf_counter_ns() - self._next))
            self._dispatch(self._next)
            self._advance()
        if self._next != _NEVER:
            self._alarm.set(self._next)
        else:
            self._close()

    def _advance(self) -> None:
        self._next = self._origin + moment if (moment := next(self._due, None)) is not None else _NEVER

    def _dispatch(self, due: int) -> None:
        if self._idle:
            self._busy += 1
            self._idle.pop().begin(due)
        elif len(self._visitors) < self._crew.plan.max_connections:
            visitor = self._visitor()
            self._visitors.append(visitor)
            self._crew.wheel.watch(visitor)
            self._busy += 1
            visitor.begin(due)
        else:
            self._waiting.append(due)

    def _visitor(self) -> Visitor | Session:
        if self._crew.script is None:
            return Visitor(self._crew, self._crew.next_request, self._free)
        return Session(self._crew, self._crew.script, len(self._visitors), self._free, is_new=True)

    def _free(self, visitor: Visitor | Session) -> None:
        if self._waiting:
            visitor.begin(self._waiting.popleft())
            return
        self._busy -= 1
        self._idle.append(visitor)
        if self._ended and not self._busy:
            self._crew.finish()

    def _close(self) -> None:
        """The schedule has ended. A queue that is short is worked off; a long one would never end."""
        self._ended = True
        if is_too_long(len(self._waiting), self._scheduled):
            self._unsent = len(self._waiting)
            self._waiting.clear()
        if not self._busy:
            self._crew.finish()


def _moments(pieces: Iterator[NDArray[np.int64]]) -> Iterator[int]:
    for piece in pieces:
        yield from piece.tolist()
