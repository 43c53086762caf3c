"""The process that gathers workers, has them make the load, and collects what they have measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from time import monotonic
from typing import Any, final

import gevent
import locust
from gevent.event import AsyncResult
from locust import runners
from locust.env import Environment
from locust.exception import RPCError
from locust.runners import MasterRunner

from perfreg.errors import MeasureError
from perfreg.measure.engines.engine import LoadPlan
from perfreg.measure.engines.locust.common import Say, load_of, start
from perfreg.measure.engines.locust.job import (
    AGAIN,
    BOOT_S,
    FAILED,
    HELLO,
    PLAN,
    READY,
    RESULT,
    Job,
    limit_s,
    numbers,
)
from perfreg.measure.engines.locust.load import Load

_LOOK_S = 0.02
_SILENCE = 10
"""Seconds without a sign of life after which a worker counts as dead; Locust's own 3 are few on a busy machine."""


def master(job: Job, say: Say) -> None:
    """Gather workers, let them make the load, and collect what they have measured."""
    runners.HEARTBEAT_LIVENESS = _SILENCE
    plan = job.plans[0]
    environment = Environment(events=locust.events)
    try:
        runner = environment.create_master_runner(job.host, job.port)
    except (SystemExit, OSError, RPCError) as error:
        hint = "end whatever listens there, or set locust.bind_host and locust.bind_port"
        raise MeasureError(f"nobody can listen at {job.host}:{job.port}: {error}", hint=hint) from error
    try:
        _Master(job, plan, runner).lead(load_of(plan, environment), say)
    finally:
        runner.quit()  # says so to the workers: without a master they are to make no load


@final
class _Master:
    """Watches over the workers."""

    def __init__(self, job: Job, plan: LoadPlan, runner: MasterRunner) -> None:
        self._job = job
        self._plan = plan
        self._runner = runner
        self._known: set[str] = set()
        self._ready: set[str] = set()
        self._results: dict[str, object] = {}
        self._failure: AsyncResult = AsyncResult()
        self._has_begun = False
        runner.register_message(HELLO, self._hello)
        runner.register_message(READY, lambda msg, **_: self._ready.add(msg.node_id))
        runner.register_message(FAILED, self._failed)
        runner.environment.events.worker_connect.add_listener(self._came)
        runner.environment.events.worker_report.add_listener(self._reported)

    def lead(self, load: Load, say: Say) -> None:
        """From waiting for the workers to their last report. Raises `MeasureError` when anything goes wrong."""
        job, plan = self._job, self._plan
        say("port", port=self._runner.server.port)
        self._wait(self._is_complete, job.wait_s, self._missing)
        team = _in_order(list(self._known))
        self._has_begun = True
        for index, name in enumerate(team):
            self._runner.send_message(PLAN, numbers(plan, (index, len(team))), client_id=name)
        self._wait(lambda: len(self._ready) == len(team), BOOT_S + plan.timeout_s, lambda: "workers did not get ready")
        say("begun")
        start(self._runner, load)
        self._wait(lambda: len(self._results) == len(team), limit_s(plan), lambda: "workers did not report")
        say("result", results=[self._results[name] for name in team])

    def _wait(self, done: Callable[[], bool], limit: float, complaint: Callable[[], str]) -> None:
        began = monotonic()
        while not done():
            if self._failure.ready():
                raise self._failure.get()
            if self._has_begun:
                self._see_whether_all_live()
            if monotonic() - began > limit:
                raise MeasureError(complaint(), hint=f"start `perfreg worker --master HOST:{self._runner.server.port}`")
            gevent.sleep(_LOOK_S)

    def _is_complete(self) -> bool:
        here = set(self._runner.clients)
        if len(here) > self._job.workers:
            raise MeasureError(f"{len(here)} workers came where {self._job.workers} were expected")
        return len(here) == self._job.workers and here <= self._known

    def _missing(self) -> str:
        return f"only {len(self._known)} of {self._job.workers} workers came within {self._job.wait_s:g} s"

    def _see_whether_all_live(self) -> None:
        clients = self._runner.clients
        for name in self._known:
            if name not in self._results and (name not in clients or clients[name].state == runners.STATE_MISSING):
                host = name.rpartition("_")[0]
                raise MeasureError(f"a worker of the load died (on {host})", hint="is there memory for it?")

    def _hello(self, msg: Any, **_: object) -> None:
        """A worker is there. One that has not introduced itself to this master's Locust has to begin anew."""
        if msg.node_id not in self._runner.clients:
            self._runner.send_message(AGAIN, {}, client_id=msg.node_id)
        elif not self._has_begun:
            self._known.add(msg.node_id)

    def _failed(self, msg: Any, **_: object) -> None:
        host = msg.node_id.rpartition("_")[0]
        data = msg.data
        self._failure.set(MeasureError(f"{data['message']} (a worker on {host})", hint=str(data["hint"])))

    def _came(self, client_id: str, **_: object) -> None:
        """Locust gives users to whoever comes late and takes them from the others: not the load that was meant."""
        if self._has_begun and client_id not in self._known and not self._failure.ready():
            self._failure.set(MeasureError("another worker came while the load was made"))

    def _reported(self, client_id: str, data: dict[str, Any], **_: object) -> None:
        if RESULT in data and client_id in self._known:
            self._results[client_id] = data[RESULT]


def _in_order(names: list[str]) -> list[str]:
    """The workers in the order in which Locust gives them users: the first of each host come first."""
    per_host: dict[str, int] = defaultdict(int)
    ranked: list[tuple[int, str]] = []
    for name in sorted(names):
        host = name.split("_")[0]
        ranked.append((per_host[host], name))
        per_host[host] += 1
    return [name for _, name in sorted(ranked)]
