"""One of several processes that make a load: hears from a master what to do, and reports what it has measured."""

from __future__ import annotations

from typing import Any, final

import gevent
import locust
from locust import runners
from locust.env import Environment
from locust.runners import WorkerRunner

from perfreg.errors import PerfregError
from perfreg.measure.engines.locust.common import Say, load_of
from perfreg.measure.engines.locust.job import AGAIN, FAILED, HELLO, NO_MASTER, PLAN, READY, RESULT, Job, origin, told
from perfreg.measure.engines.locust.load import Load
from perfreg.measure.engines.locust.report import packed

_AGAIN_S = 1.0
_REPORTS_EVERY_S = 0.5


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
            load = load_of(plan, self._environment)
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
