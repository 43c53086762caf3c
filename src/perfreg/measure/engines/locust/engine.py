"""HTTP load by Locust: start its processes, watch over them and the service, and add up what they have measured."""

from __future__ import annotations

import importlib.util
import queue
import time
from pathlib import Path
from typing import Any

from perfreg.errors import MeasureError
from perfreg.measure.engines.engine import LoadEngine, LoadPlan, LoadResult
from perfreg.measure.engines.locust.children import DEATH, Child, Crew, News, crew
from perfreg.measure.engines.locust.job import BOOT_S, GRACE_S, NO_MASTER, job, limit_s
from perfreg.measure.engines.locust.merging import together
from perfreg.measure.engines.locust.report import unpacked
from perfreg.measure.engines.native.script import compile_script
from perfreg.measure.engines.native.target import parse

_LOOK_EVERY_S = 0.25
_LAST_WORD_S = 5.0


def drive(plan: LoadPlan) -> LoadResult:
    """Run the plan by Locust. Raises `MeasureError` when it cannot begin, or one of its processes dies."""
    check(plan)
    with crew() as team:
        if plan.remote is not None:
            remote = plan.remote
            host = f"[{remote.host}]" if ":" in remote.host else remote.host
            leader = team.start(
                job("master", plan, host=host, port=remote.port, workers=remote.workers, wait_s=remote.wait_s)
            )
        elif plan.workers > 1:
            leader = team.start(job("master", plan, workers=plan.workers))
        else:
            leader = team.start(job("local", plan))
        results = _Watch(plan, team, leader).until_it_is_over()
        found = together([unpacked(each) for each in results])
        if plan.remote is not None:
            leader.leave()  # it says goodbye to workers on other hosts
        return found


def check(plan: LoadPlan) -> None:
    """Raise `MeasureError` for what Locust, or what is here of it, cannot do."""
    if importlib.util.find_spec("locust") is None:
        raise MeasureError("engine 'locust' needs Locust", hint="pip install 'perfreg[locust]'")
    if plan.script:
        if plan.rate or plan.stages:
            raise MeasureError("a locustfile says itself how its users come and go: take rate or stages away")
        if not Path(plan.script).is_file():
            raise MeasureError("there is no such locustfile", where=plan.script)
        return
    compile_script(plan.calls, plan.rows, cookies=plan.cookies, seed=plan.seed)
    if parse(plan.calls[0].url)[0].path:
        raise MeasureError("engine 'locust' does not speak through Unix sockets", where=plan.calls[0].url)


class _Watch:
    """Hears what the processes say until the ``leader`` has the result."""

    def __init__(self, plan: LoadPlan, team: Crew, leader: Child) -> None:
        self._plan = plan
        self._team = team
        self._leader = leader
        self._since = time.monotonic()
        remote = plan.remote
        self._limit_s = 2 * BOOT_S + plan.timeout_s + (remote.wait_s if remote is not None else 0.0)
        self._is_loading = False
        self._loss = "the processes of Locust do not answer"

    def until_it_is_over(self) -> list[Any]:
        """The results of all who made the load."""
        plan = self._plan
        while True:
            plan.alive()
            passed = time.monotonic() - self._since
            if self._is_loading:
                plan.progress(min(1.0, passed / max(plan.warm_up_s + plan.duration_s, 1e-9)))
            if passed > self._limit_s:
                raise MeasureError(self._loss)
            try:
                child, news = self._team.heard.get(timeout=_LOOK_EVERY_S)
            except queue.Empty:
                continue
            if news["say"] == "result":
                found: list[Any] = news["results"]
                return found
            self._take(child, news)

    def _take(self, child: Child, news: News) -> None:
        kind = news["say"]
        if kind == "error":
            raise MeasureError(news["message"], where=news["where"], hint=news["hint"])
        if kind == DEATH:
            self._mourn(child)
        if kind == NO_MASTER:
            raise MeasureError("a worker of the load did not find its master")
        if kind == "port" and self._plan.remote is None:
            for _ in range(self._plan.workers):
                self._team.start(job("worker", self._plan, port=news["port"]))
        if kind == "begun":
            self._is_loading = True
            self._since = time.monotonic()
            self._limit_s = limit_s(self._plan) + GRACE_S

    def _mourn(self, child: Child) -> None:
        """A process has ended. A worker may have been sent home, and why that is its leader says in a moment."""
        code = child.process.wait()
        loss = f"a process of the load died (exit code {code})"
        if code or child is self._leader:
            raise MeasureError(loss, hint="is there memory for it?")
        self._loss = loss
        self._limit_s = min(self._limit_s, time.monotonic() - self._since + _LAST_WORD_S)


ENGINE = LoadEngine(
    name="locust",
    summary="Locust's FastHttpUser, in processes of this host or on others",
    drive=drive,
    features=frozenset(
        {"rate", "arrivals", "stages", "steps", "data", "cookies", "check", "think_time", "workers", "script", "locust"}
    ),
)
