"""`perfreg baseline`: the store of runs that baselines come from."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from perfreg.cli.baselines import deciding, reading, syncing
from perfreg.cli.command import Command

_Arguments = Callable[[argparse.ArgumentParser], None]
_Action = Callable[[argparse.Namespace], int]

ACTIONS: dict[str, tuple[str, _Arguments, _Action]] = {
    "list": ("the runs of the store, oldest first", reading.add_list, reading.list_runs),
    "show": ("what each metric of this machine is compared with", reading.add_show, reading.show),
    "pull": ("bring what others have stored to this machine", syncing.add_plain, syncing.pull),
    "push": ("store what this machine has measured", syncing.add_plain, syncing.push),
    "accept": ("make the regressions of a run the new normal", deciding.add_accept, deciding.accept),
    "reset": ("start the baseline of some metrics anew", deciding.add_reset, deciding.reset),
    "prune": ("remove old runs for good", syncing.add_prune, syncing.prune),
    "verify": ("check every record of the store", reading.add_verify, reading.verify),
    "import": ("move in with another tool's history", syncing.add_import, syncing.import_history),
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
    name="baseline",
    summary="Look into the store of runs that baselines come from, and decide about it.",
    add_arguments=_add_arguments,
    execute=_execute,
)
