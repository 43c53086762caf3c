"""`perfreg compare`: base and head, measured side by side on this machine."""

from __future__ import annotations

import argparse
import os
import secrets
from typing import TYPE_CHECKING

from perfreg.cli.command import Command
from perfreg.cli.compare_modes import add_mode_arguments, chosen, compare_chosen, configured
from perfreg.cli.done import Done
from perfreg.cli.run import add_gate_arguments, add_load_arguments, add_report_arguments
from perfreg.cli.selection import add_config_arguments, add_scenario_arguments

if TYPE_CHECKING:
    from perfreg.app.compare.request import CompareRequest
    from perfreg.config.load import LoadedConfig


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    sides = parser.add_argument_group("what is compared")
    sides.add_argument("--base", metavar="REF", help="the revision to compare with: a branch, tag or commit")
    sides.add_argument("--head", metavar="REF", help='the revision that is judged (default: ".", this tree)')
    add_mode_arguments(sides)
    add_config_arguments(parser)
    add_scenario_arguments(parser)
    add_measuring_arguments(parser)
    add_report_arguments(parser)
    add_gate_arguments(parser)
    add_load_arguments(parser)


def add_measuring_arguments(parser: argparse.ArgumentParser) -> None:
    """How long, how often, how exactly: what all paired measurements share."""
    parser.add_argument("--budget", metavar="TIME", help="time that measuring may take, such as 60s (compare.budget)")
    parser.add_argument("--rounds", metavar="N", help="most rounds of a scenario (compare.rounds)")
    parser.add_argument("--min-effect", metavar="PERCENT", help="smallest change that matters (compare.min_effect)")
    parser.add_argument("--confidence", metavar="SHARE", help="confidence of the intervals (compare.confidence)")
    parser.add_argument("--seed", type=int, metavar="N", help="repeat the order of blocks of an earlier comparison")


def _execute(args: argparse.Namespace) -> int:
    return execute(args).exit_code()


def execute(args: argparse.Namespace) -> Done:
    """Do what `perfreg compare` does."""
    from perfreg.cli import outputs
    from perfreg.cli.closing import exit_code, show
    from perfreg.cli.progress import observing

    choice = chosen(args)
    loaded = configured(args, choice, _flags(args))
    directory = loaded.directory / loaded.config.report.directory
    targets = outputs.plan((*args.format, *loaded.config.report.formats), args.output, directory)
    request = request_of(args, loaded)
    with observing() as observer:
        result = compare_chosen(choice, request, observer)
    outputs.write(result, targets)
    show(result, targets, verbose=args.verbose)
    code = exit_code(result, baseline_required=loaded.config.gate.fail_on_no_baseline)
    return Done(code=code, result=result, targets=targets)


def request_of(args: argparse.Namespace, loaded: LoadedConfig) -> CompareRequest:
    """What the flags and the configuration ask for, whatever the sides are."""
    from perfreg.app.compare.request import CompareRequest
    from perfreg.app.policies import check_rules
    from perfreg.app.run import store_path
    from perfreg.config.load import budgets_of
    from perfreg.config.selection import select
    from perfreg.config.variables import TOKENS

    config = loaded.config
    check_rules(config)
    return CompareRequest(
        config=config,
        config_hash=loaded.digest,
        scenarios=select(config, names=args.scenario or loaded.selection, tags=args.tag, components=args.component),
        budgets=budgets_of(loaded, args.thresholds),
        directory=loaded.directory,
        output=loaded.directory / config.report.directory,
        env={name: value for name, value in os.environ.items() if name not in TOKENS},
        seed=secrets.randbits(31) if args.seed is None else args.seed,
        store=store_path(config, loaded.directory),
        warnings=loaded.warnings,
    )


def measuring_flags(args: argparse.Namespace) -> dict[str, object]:
    """What the flags of `add_measuring_arguments` say, by key path."""
    return {
        f"compare.{key}": value
        for key, value in (
            ("budget", args.budget),
            ("rounds", args.rounds),
            ("min_effect", args.min_effect),
            ("confidence", args.confidence),
        )
        if value is not None
    }


def _flags(args: argparse.Namespace) -> dict[str, object]:
    from perfreg.cli.run import shared_flags

    return {**shared_flags(args), **measuring_flags(args)}


COMMAND = Command(
    name="compare",
    summary="Measure two revisions, services or commands side by side on this machine, report and gate.",
    add_arguments=_add_arguments,
    execute=_execute,
)
