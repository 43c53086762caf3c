"""What a sub-command is. Its module imports nothing heavy: `perfreg --help` reads all of them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A sub-command: ``execute`` returns the exit code and raises `PerfregError` for what a user can mend."""

    name: str
    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    execute: Callable[[argparse.Namespace], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a command with actions can do: `perfreg baseline list`."""

    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    execute: Callable[[argparse.Namespace], int]


def with_actions(name: str, summary: str, actions: Mapping[str, Action]) -> Command:
    """A command whose first argument names one of its ``actions``."""

    def add_arguments(parser: argparse.ArgumentParser) -> None:
        choices = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
        for key, action in actions.items():
            sub = choices.add_parser(key, help=action.summary, description=action.summary, allow_abbrev=False)
            sub.add_argument(
                "--verbose", action="store_true", default=argparse.SUPPRESS, help="show tracebacks of errors"
            )
            action.add_arguments(sub)

    def execute(args: argparse.Namespace) -> int:
        return actions[args.action].execute(args)

    return Command(name=name, summary=summary, add_arguments=add_arguments, execute=execute)
