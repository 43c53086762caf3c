"""What a process of Locust can be: all of the load, its master, or one of its workers."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
from time import monotonic
from typing import Any, final

import gevent
import locust
from gevent.event import AsyncResult
from locust import runners
from locust.argument_parser import get_parser
from locust.env import Environment
from locust.exception import RPCError
from locust.runners import MasterRunner, Runner, WorkerRunner

from perfreg.errors import MeasureError, PerfregError
from perfreg.measure.engines.engine import LoadPlan
from perfreg.measure.engines.locust.job import (
    AGAIN,
    BOOT_S,
    FAILED,
    HELLO,
    NO_MASTER,
    PLAN,
    READY,
    RESULT,
    Job,
    limit_s,
    numbers,
    origin,
    told,
)
from perfreg.measure.engines.locust.load import Load
from perfreg.measure.engines.locust.report import packed

Say = Callable[..., None]
"""Tells the parent something: a kind of news, and what belongs to it."""
_LOOK_S = 0.02
_AGAIN_S = 1.0
_REPORTS_EVERY_S = 0.5
_SILENCE = 10
"""Seconds without a sign of life after which a worker counts as dead; Locust's own 3 are few on a busy machine."""


def local(job: Job, say: Say) -> None:
    """Make the load alone."""
    plan = job.plans[0]
    environment = Environment(events=locust.events)
    runner = environment.create_local_runner()
    load = _load(plan, environment)
    load.probe()
    say("begun")
    load.begin()
    _start(runner, load)
    load.wait()
    say("result", results=[packed(load.result())])


def worker(job: Job, say: Say) -> None:
    """Be told by a master what to do, do it, and report; the end is the master's to say."""
    runners.WORKER_REPORT_INTERVAL = _REPORTS_EVERY_S
    environment = Environment(events=locust.events)
    try:
        with gevent.Timeout(job.wait_s):
            runner = environment.create_worker_runner(job.host, job.port)
    except (gevent.Timeout, ConnectionError, OSError):
        say(NO_MASTER)
        return
    helper = _Worker(job, environment, runner)
    runner.register_message(PLAN, helper.prepare)
    runner.register_message(AGAIN, lambda **_: runner.greenlet.kill(block=False))
    environment.events.test_start.add_listener(helper.begin)
    environment.events.report_to_master.add_listener(helper.report)
    waiting = gevent.spawn(helper.introduce)
    runner.greenlet.join()
    waiting.kill()
    say("end", has_reported=helper.has_reported)


@final
class _Worker:
    """Hears what a master says."""

    def __init__(self, job: Job, environment: Environment, runner: WorkerRunner) -> None:
        self._job = job
        self._environment = environment
        self._runner = runner
        self._load: Load | None = None
        self.has_reported = False

    def introduce(self) -> None:
        """Say that this worker listens, until it is told what to do: a master that comes later must hear it too."""
        while self._load is None:
            self._runner.send_message(HELLO, {})
            gevent.sleep(_AGAIN_S)

    def prepare(self, msg: Any, **_: object) -> None:
        """The master's plan has come."""
        try:
            plan = told(self._job.plans, msg.data)
            load = _load(plan, self._environment)
            load.probe()
        except PerfregError as error:
            self._runner.send_message(FAILED, {"message": error.message, "hint": error.hint})
            return
        self._load = load
        self._runner.send_message(READY, {})

    def begin(self, **_: object) -> None:
        """Locust's master has told how many users there are, and they are about to start."""
        if self._load is not None:
            # A master says which host; this worker's own configuration says which one may be loaded.
            self._environment.host = origin(self._load.plan)
            self._load.begin()

    def report(self, data: dict[str, Any], **_: object) -> None:
        """Put what was measured into the first report after the load."""
        load = self._load
        if load is None or self.has_reported or not load.over.is_set():
            return
        self.has_reported = True
        try:
            data[RESULT] = packed(load.result())
        except Exception as error:  # Locust would only log it, and the master wait
            self._runner.send_message(FAILED, {"message": f"{type(error).__name__}: {error}", "hint": ""})
            raise


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
    _Master(job, plan, runner).lead(_load(plan, environment), say)
    runner.quit()


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
        _start(self._runner, load)
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


def _load(plan: LoadPlan, environment: Environment) -> Load:
    """What the plan says, as users of Locust."""
    if plan.script:
        from perfreg.measure.engines.locust.scripted import ScriptedLoad

        load: Load = ScriptedLoad(plan, environment)
        # Its own arguments at their defaults; files of arguments are for the command line of Locust.
        environment.parsed_options = get_parser(default_config_files=[]).parse_args([])
        environment.events.init.fire(environment=environment, runner=environment.runner, web_ui=None)
    else:
        from perfreg.measure.engines.locust.users import ScenarioLoad

        load = ScenarioLoad(plan)
        environment.parsed_options = argparse.Namespace(headless=False, enable_rebalancing=False)
    environment.user_classes = load.user_classes
    return load


def _start(runner: Runner, load: Load) -> None:
    """Let Locust start all users, at once: those of a scenario begin when it is their turn."""
    if runner.environment.shape_class is not None:
        runner.start_shape()
    else:
        gevent.spawn(runner.start, load.users, load.users)


def _in_order(names: list[str]) -> list[str]:
    """The workers in the order in which Locust gives them users: the first of each host come first."""
    per_host: dict[str, int] = defaultdict(int)
    ranked: list[tuple[int, str]] = []
    for name in sorted(names):
        host = name.split("_")[0]
        ranked.append((per_host[host], name))
        per_host[host] += 1
    return [name for _, name in sorted(ranked)]
