"""Several processes that make one load: they begin at the same moment, and their histograms are added up."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from time import perf_counter_ns

from perfreg.errors import MeasureError, PerfregError
from perfreg.measure.engines.engine import LoadPlan, LoadResult
from perfreg.measure.engines.event_loop import fast_loop, run
from perfreg.measure.engines.merging import merged
from perfreg.measure.engines.native.limits import room_for

_LOOK_EVERY_S = 0.25
_BOOT_S = 60.0
_TOGETHER_S = 0.02
"""From the word to its effect: all workers have heard it by then."""
_GRACE_S = 30.0


def drive_together(plan: LoadPlan) -> LoadResult:
    """Run the plan in ``plan.workers`` processes. Raises `MeasureError` when one cannot begin, or dies."""
    with _team(plan) as team:
        for _ in _answers(team, plan, time.monotonic() + _BOOT_S + 2 * plan.timeout_s, loading=False):
            pass
        start = perf_counter_ns() + round((_TOGETHER_S + plan.warm_up_s) * 1e9)
        for pipe in team:
            pipe.send(start)
        whole = plan.warm_up_s + plan.duration_s
        limit = time.monotonic() + whole + 3 * plan.timeout_s + _GRACE_S
        return merged([each for each in _answers(team, plan, limit, loading=True) if each is not None])


def _answers(
    team: dict[Pipe, SpawnProcess], plan: LoadPlan, limit: float, *, loading: bool
) -> Iterator[LoadResult | None]:
    """One answer of each worker, while it is watched whether the service lives."""
    began = time.monotonic()
    whole = plan.warm_up_s + plan.duration_s
    missing = list(team)
    while missing:
        ready = wait(missing, timeout=_LOOK_EVERY_S)
        for pipe in [each for each in missing if each in ready]:
            missing.remove(pipe)
            yield _answer(pipe, team)
        plan.alive()
        if loading:
            plan.progress(min(1.0, (time.monotonic() - began) / whole))
        if time.monotonic() > limit:
            raise MeasureError(f"{len(missing)} of {len(team)} workers of the load do not answer")


def _answer(pipe: Pipe, team: dict[Pipe, SpawnProcess]) -> LoadResult | None:
    try:
        found: LoadResult | PerfregError | None = pipe.recv()
    except (EOFError, OSError) as error:
        team[pipe].join(1.0)
        code = team[pipe].exitcode
        raise MeasureError(f"a worker of the load died (exit code {code})", hint="is there memory for it?") from error
    if isinstance(found, PerfregError):
        raise found
    return found


@contextmanager
def _team(plan: LoadPlan) -> Iterator[dict[Pipe, SpawnProcess]]:
    """The workers by the pipes to them; none is left at the end, whatever happens."""
    context = get_context("spawn")
    team: dict[Pipe, SpawnProcess] = {}
    try:
        for number in range(plan.workers):
            ours, theirs = context.Pipe()
            part = _part(plan, number)
            process = context.Process(target=_work, args=(theirs, part, os.getpid()), daemon=True)
            process.start()
            theirs.close()
            team[ours] = process
        yield team
    finally:
        for pipe, process in team.items():
            pipe.close()
            process.terminate()
        for process in team.values():
            process.join(5.0)
            if process.is_alive():
                process.kill()
                process.join()


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


def _work(pipe: Pipe, plan: LoadPlan, parent: int) -> None:
    """A worker's life. Ctrl-C is its parent's business; without a parent it has none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def alive() -> None:
        if os.getppid() != parent:
            raise SystemExit(1)

    try:
        with room_for(plan.connections):
            pipe.send(run(_load(pipe, replace(plan, alive=alive)), fast_loop()))
    except PerfregError as error:
        pipe.send(error)
    except (EOFError, BrokenPipeError):
        return  # the parent has gone, and so does the worker


async def _load(pipe: Pipe, plan: LoadPlan) -> LoadResult:
    from perfreg.measure.engines.native.crew import Crew

    crew = Crew(plan)
    await crew.probe()
    pipe.send(None)
    start: int = pipe.recv()  # nothing else is going on: the loop may stand still until the word comes
    return await crew.load(start)


def _nothing() -> None:
    """The parent watches over the service."""


def _no_progress(share: float) -> None:
    """The parent tells it."""
