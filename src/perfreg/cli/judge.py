"""`perfreg judge`: the statistics of perfreg on numbers that somebody else measured."""

from __future__ import annotations

from perfreg.cli.command import Action, with_actions
from perfreg.cli.judging import history, pairs

ACTIONS: dict[str, Action] = {
    "pairs": Action(
        summary="pairs of base and head, as perfreg compare would",
        add_arguments=pairs.add_arguments,
        execute=pairs.execute,
    ),
    "history": Action(
        summary="series of runs, as perfreg watches its own history",
        add_arguments=history.add_arguments,
        execute=history.execute,
    ),
}

COMMAND = with_actions("judge", "Judge numbers that you have, without measuring anything.", ACTIONS)
