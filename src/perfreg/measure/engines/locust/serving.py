"""A worker for a master on another host: one load after the other, as long as there is somebody to ask for them."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence

from perfreg.errors import MeasureError
from perfreg.measure.engines.engine import LoadPlan
from perfreg.measure.engines.locust.children import DEATH, Child, News, crew
from perfreg.measure.engines.locust.engine import check
from perfreg.measure.engines.locust.job import NO_MASTER, job

_LOOK_EVERY_S = 0.25


def serve(plans: Sequence[LoadPlan], *, host: str, port: int, wait_s: float, tell: Callable[[str], None]) -> int:
    """Make loads of ``plans`` for the master at ``host`` and ``port`` until there is none for ``wait_s``.

    ``tell`` gets a few words of what happens. The number of loads; raises `MeasureError` when no master ever came.
    """
    for plan in plans:
        check(plan)
    made = 0
    while True:
        tell(f"waiting for a master at {host}:{port}")
        with crew() as team:
            child = team.start(job("worker", *plans, host=host, port=port, wait_s=wait_s))
            while True:
                try:
                    _, news = team.heard.get(timeout=_LOOK_EVERY_S)
                    break
                except queue.Empty:  # so that Ctrl-C has its turn
                    continue
            has_master = _understood(child, news)
        if not has_master:
            if made:
                return made
            hint = "start `perfreg run` there, with `locust: {expect_workers: ...}`"
            raise MeasureError(f"no master at {host}:{port} within {wait_s:g} s", hint=hint)
        if news["has_reported"]:
            made += 1
            tell("made a load, and reported")


def _understood(child: Child, news: News) -> bool:
    """Whether there was a master. Raises `MeasureError` when the worker failed."""
    if news["say"] == "error":
        raise MeasureError(news["message"], where=news["where"], hint=news["hint"])
    if news["say"] == DEATH:
        code = child.process.wait()
        raise MeasureError(f"the worker died (exit code {code})", hint="is there memory for it?")
    return bool(news["say"] != NO_MASTER)
