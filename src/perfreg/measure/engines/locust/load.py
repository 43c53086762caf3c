"""What one process of Locust does and measures: its clock, its records, and when it is over."""

from __future__ import annotations

import gc
import socket
import time
from abc import ABC, abstractmethod
from time import perf_counter_ns
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import gevent
import numpy as np  # noqa: F401 - before the load begins: importing it amid the load would stop everything for 0.1 s
from gevent.event import Event

from perfreg.errors import MeasureError
from perfreg.measure.engines.accumulator import Tally
from perfreg.measure.engines.engine import Generator, LoadPlan, LoadResult
from perfreg.measure.engines.locust.job import limit_s, origin
from perfreg.measure.engines.profile import is_constant
from perfreg.measure.engines.recording import Recorder
from perfreg.stats.distribution import Distribution, merge

if TYPE_CHECKING:
    from locust import User

_TICK_S = 0.05
_PORTS = {"http": 80, "https": 443}


class Load(ABC):
    """Takes the samples of this process's users. Used once: `probe`, `begin`, `wait`, `result`."""

    open_loop = False

    def __init__(self, plan: LoadPlan, user_classes: list[type[User]]) -> None:
        self.plan = plan
        self.user_classes = user_classes
        self.start_ns = self.end_ns = 0
        self.recorder = self._recorder()
        self.have_ended = Event()
        """The users have nothing more to do."""
        self.over = Event()
        """There is nothing more to measure."""
        self.lags = Tally()
        self._cpu_s = self._wall_s = 0.0

    @property
    @abstractmethod
    def users(self) -> int:
        """How many users Locust is to start, in all processes together."""

    @abstractmethod
    def run(self) -> None:
        """Called at the beginning, in a greenlet of its own: watch over the load until it is over."""

    @abstractmethod
    def elapsed_s(self) -> float:
        """The time that the requests which count have taken."""

    def probe(self) -> None:
        """See whether there is a server. Raises `MeasureError` when it cannot be reached."""
        where = origin(self.plan)
        parts = urlsplit(where)
        try:
            address = (parts.hostname or "", parts.port or _PORTS[parts.scheme])
            socket.create_connection(address, timeout=self.plan.timeout_s).close()
        except (OSError, ValueError, KeyError) as error:
            hint = "start the service, or check base_url and endpoint"
            raise MeasureError(f"cannot connect: {error}", where=where, hint=hint) from error

    def begin(self) -> None:
        """From now on users may send; the measurement begins after the warm-up."""
        self.start_ns = perf_counter_ns() + round(self.plan.warm_up_s * 1e9)
        self.end_ns = self.start_ns + round(self.plan.duration_s * 1e9)
        self.recorder = self._recorder()
        self.write = self.recorder.writer()
        gc.freeze()  # what is there already is none of the garbage collector's work, which would stop the clock
        gevent.spawn(self.run)
        gevent.spawn(self._until_over)

    def wait(self) -> None:
        """Until everything that was begun in time has ended. Raises `MeasureError` when it does not."""
        if not self.over.wait(limit_s(self.plan)):
            raise MeasureError("the users of Locust did not come to an end", where=origin(self.plan))

    def faults(self) -> tuple[str, ...]:
        """Why what was measured cannot be trusted."""
        return ()

    def step_recorders(self) -> dict[str, Recorder]:
        """What was measured of each kind of request, by its name."""
        return {}

    def usual_ms(self) -> float:
        """The median response time; 0 when there is none."""
        found = merge(self.recorder.response)
        return found.quantile(0.5) if found.n else 0.0

    def result(self) -> LoadResult:
        """What was measured."""
        recorder = self.recorder
        steps = self.step_recorders()
        for each in (recorder, *steps.values()):
            each.flush()
        response = recorder.response
        unknown = Tally().distribution()
        return LoadResult(
            response=response,
            service=recorder.service,
            open_loop=self.open_loop,
            steady=is_constant(self.plan.stages) and is_constant(self.plan.rate),
            connect=unknown,
            tls=unknown,
            first_byte=recorder.first_byte,
            steps=tuple(each.response for each in steps.values()),
            names=tuple(steps) if self.plan.script else (),
            size=recorder.size,
            errors=recorder.errors,
            requests=recorder.requests,
            elapsed_s=(recorder.last_ns - self.start_ns) / 1e9,
            throughput=sum(each.n for each in response) / self.elapsed_s(),
            slice_s=recorder.slice_s,
            seconds=recorder.seconds,
            generator=Generator(cpu_s=self._cpu_s, wall_s=self._wall_s, lag=self._lag()),
            faults=self.faults(),
            samples=recorder.samples,
        )

    def sleep_until(self, moment_ns: int) -> None:
        """Let the others work until then."""
        gevent.sleep(max(0.0, (moment_ns - perf_counter_ns()) / 1e9))

    def _recorder(self) -> Recorder:
        plan = self.plan
        return Recorder(start_ns=self.start_ns, duration_s=plan.duration_s, keep_samples=plan.keep_samples)

    def _lag(self) -> Distribution:
        return self.lags.distribution()

    def _until_over(self) -> None:
        clock = gevent.spawn(self._clock)
        self.have_ended.wait()
        clock.join()
        self.over.set()

    def _clock(self) -> None:
        """The CPU time that the measurement costs, and without a schedule how late timers are."""
        self.sleep_until(self.start_ns)
        cpu, began = time.process_time(), perf_counter_ns()
        while (now := perf_counter_ns()) < self.end_ns:
            due = min(now + round(_TICK_S * 1e9), self.end_ns)
            self.sleep_until(due)
            if not self.open_loop:
                self.lags.add(max(0, perf_counter_ns() - due))
        self._cpu_s, self._wall_s = time.process_time() - cpu, (perf_counter_ns() - began) / 1e9
