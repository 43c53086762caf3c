"""Where a process of Locust begins: its job comes on standard input, its news go to the output as lines of JSON."""

from __future__ import annotations

import json
import logging
import os
import pickle
import signal
import sys
from typing import IO, Any

import gevent

from perfreg.errors import PerfregError
from perfreg.measure.engines.locust.common import local
from perfreg.measure.engines.locust.job import Job
from perfreg.measure.engines.locust.master import master
from perfreg.measure.engines.locust.worker import worker
from perfreg.measure.engines.native.limits import room_for

_LOOK_EVERY_S = 0.5


def main() -> None:
    """A process's life. Ctrl-C is its parent's business; without a parent it has none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as news:
        os.dup2(2, 1)  # whatever a script prints must not come between the news
        gevent.spawn(_end_with_parent, os.getppid())
        try:
            job: Job = pickle.load(sys.stdin.buffer)  # noqa: S301 - the parent is perfreg itself
        except EOFError:  # the parent has gone
            return
        logging.disable(logging.CRITICAL)  # what Locust tells people; a request in an error's text may be secret
        with room_for(max(plan.connections for plan in job.plans)):
            _work(job, news)


def _work(job: Job, news: IO[str]) -> None:
    def say(kind: str, **what: Any) -> None:
        news.write(json.dumps({"say": kind, **what}) + "\n")
        news.flush()

    try:
        {"local": local, "master": master, "worker": worker}[job.role](job, say)
    except PerfregError as error:
        say("error", message=error.message, where=error.where, hint=error.hint)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        gevent.sleep(_LOOK_EVERY_S)
    os._exit(1)
