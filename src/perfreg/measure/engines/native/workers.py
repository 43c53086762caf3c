"""Several processes that make one load: they begin at the same moment, and their histograms are added up."""

from __future__ import annotations

import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from time import perf_counter_ns
from typing import IO, final

from perfreg.errors import MeasureError, PerfregError
from perfreg.measure.engines.engine import LoadPlan, LoadResult
from perfreg.measure.engines.merging import merged

_LOOK_EVERY_S = 0.25
_BOOT_S = 60.0
_TOGETHER_S = 0.02
"""From the word to its effect: all workers have heard it by then."""
_GRACE_S = 30.0
_FAREWELL_S = 5.0
# The directory it runs in comes first on the path of `-c`: a random.py there must not be taken for Python's own.
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from perfreg.measure.engines.native.worker import main; main()"

Answers = queue.SimpleQueue["tuple[_Worker, object]"]


@final
class _Death:
    """What a worker says last that ends without an answer."""


@final
class _Worker:
    """A process, and a thread that hands on what it says."""

    def __init__(self, plan: LoadPlan, answers: Answers) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *sys.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._answers = answers
        self._listener = threading.Thread(target=self._listen, name="perfreg-worker", daemon=True)
        self._listener.start()
        self.tell(plan)

    def tell(self, what: object) -> None:
        """Send an object. A worker that is dead does not hear it; its death is told otherwise."""
        with suppress(OSError):
            pickle.dump(what, _pipe(self.process.stdin))
            _pipe(self.process.stdin).flush()

    def end(self) -> None:
        """Stop the process, whatever it does."""
        self.process.kill()
        self.process.wait()
        self._listener.join(_FAREWELL_S)
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                _pipe(pipe).close()

    def _listen(self) -> None:
        try:
            while True:
                self._answers.put((self, pickle.load(_pipe(self.process.stdout))))  # noqa: S301 - a child of ours
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            self._answers.put((self, _Death()))


def drive_together(plan: LoadPlan) -> LoadResult:
    """Run the plan in ``plan.workers`` processes. Raises `MeasureError` when one cannot begin, or dies."""
    answers: Answers = queue.SimpleQueue()
    with _team(plan, answers) as team:
        _wait(team, answers, plan, _BOOT_S + 2 * plan.timeout_s, loading=False)
        start = perf_counter_ns() + round((_TOGETHER_S + plan.warm_up_s) * 1e9)
        for worker in team:
            worker.tell(start)
        limit = plan.warm_up_s + plan.duration_s + 3 * plan.timeout_s + _GRACE_S
        found = _wait(team, answers, plan, limit, loading=True)
        return merged([each for each in found if isinstance(each, LoadResult)])


def _wait(team: list[_Worker], answers: Answers, plan: LoadPlan, limit_s: float, *, loading: bool) -> list[object]:
    """One answer of each worker, in the order of the team, while it is watched whether the service lives."""
    began = time.monotonic()
    found: dict[_Worker, object] = {}
    while len(found) < len(team):
        plan.alive()
        passed = time.monotonic() - began
        if loading:
            plan.progress(min(1.0, passed / (plan.warm_up_s + plan.duration_s)))
        if passed > limit_s:
            raise MeasureError(f"{len(team) - len(found)} of {len(team)} workers of the load do not answer")
        with suppress(queue.Empty):
            worker, answer = answers.get(timeout=_LOOK_EVERY_S)
            if worker not in found:  # afterwards it ends, as it should
                found[worker] = _believed(worker, answer)
    return [found[worker] for worker in team]


def _believed(worker: _Worker, answer: object) -> object:
    if isinstance(answer, PerfregError):
        raise answer
    if isinstance(answer, _Death):
        code = worker.process.wait(_FAREWELL_S)
        raise MeasureError(f"a worker of the load died (exit code {code})", hint="is there memory for it?")
    return answer


@contextmanager
def _team(plan: LoadPlan, answers: Answers) -> Iterator[list[_Worker]]:
    """The workers; none is left at the end, whatever happens."""
    team: list[_Worker] = []
    try:
        for number in range(plan.workers):
            team.append(_Worker(_part(plan, number), answers))  # noqa: PERF401 - those before must end if one fails
        yield team
    finally:
        for worker in team:
            worker.end()


def _part(plan: LoadPlan, number: int) -> LoadPlan:
    """What one worker does: every n-th user, request and row."""
    count = plan.workers
    return replace(
        plan,
        share=(number, count),
        rows=plan.rows[number::count] if len(plan.rows) >= count else plan.rows,
        max_connections=-(-plan.max_connections // count),
        workers=1,
        alive=_nothing,
        progress=_no_progress,
    )


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the worker was started without pipes")
    return pipe


def _nothing() -> None:
    """The parent watches over the service."""


def _no_progress(share: float) -> None:
    """The parent tells it."""
