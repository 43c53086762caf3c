"""`perfreg judge`: the statistics of perfreg on numbers that somebody else measured."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from perfreg.cli.command import Command
from perfreg.cli.judging import history, pairs

_Arguments = Callable[[argparse.ArgumentParser], None]
_Action = Callable[[argparse.Namespace], int]

ACTIONS: dict[str, tuple[str, _Arguments, _Action]] = {
    "pairs": ("pairs of base and head, as perfreg compare would", pairs.add_arguments, pairs.execute),
    "history": ("series of runs, as perfreg watches its own history", history.add_arguments, history.execute),
}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, (summary, add_arguments, _) in ACTIONS.items():
        sub = actions.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        sub.add_argument("--verbose", action="store_true", default=argparse.SUPPRESS, help="show tracebacks of errors")
        add_arguments(sub)


def _execute(args: argparse.Namespace) -> int:
    _, _, act = ACTIONS[args.action]
    return act(args)


COMMAND = Command(
    name="judge",
    summary="Judge numbers that you have, without measuring anything.",
    add_arguments=_add_arguments,
    execute=_execute,
)
