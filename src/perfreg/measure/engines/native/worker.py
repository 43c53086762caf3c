"""One of several processes that make a load together: its plan comes on standard input, answers go to the output."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from dataclasses import replace
from typing import BinaryIO

from perfreg.errors import PerfregError
from perfreg.measure.engines.engine import LoadPlan, LoadResult
from perfreg.measure.engines.event_loop import fast_loop, run
from perfreg.measure.engines.native.limits import room_for


def main() -> None:
    """A worker's life. Ctrl-C is its parent's business; without a parent it has none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # whatever else is printed must not come between the answers
        parent = os.getppid()

        def alive() -> None:
            if os.getppid() != parent:
                raise SystemExit(1)

        try:
            plan: LoadPlan = pickle.load(sys.stdin.buffer)  # noqa: S301 - the parent is perfreg itself
            with room_for(plan.connections):
                answer: object = run(_load(replace(plan, alive=alive), answers), fast_loop())
        except PerfregError as error:
            answer = error
        except EOFError:  # the parent has gone
            return
        _tell(answers, answer)


async def _load(plan: LoadPlan, answers: BinaryIO) -> LoadResult:
    from perfreg.measure.engines.native.crew import Crew

    crew = Crew(plan)
    await crew.probe()
    _tell(answers, None)
    # Nothing else is going on: the loop may stand still until the word comes.
    start: int = pickle.load(sys.stdin.buffer)  # noqa: S301 - the parent is perfreg itself
    return await crew.load(start)


def _tell(answers: BinaryIO, what: object) -> None:
    pickle.dump(what, answers)
    answers.flush()
