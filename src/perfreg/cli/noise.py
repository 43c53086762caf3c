"""`perfreg noise`: how small a change this machine can see."""

from __future__ import annotations

import argparse

from perfreg.cli.command import Command
from perfreg.cli.compare import add_measuring_arguments, measuring_flags, request_of
from perfreg.cli.run import add_load_arguments, add_report_arguments, shared_flags
from perfreg.cli.selection import add_config_arguments, add_scenario_arguments, load_config


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config_arguments(parser)
    add_scenario_arguments(parser)
    add_measuring_arguments(parser)
    add_report_arguments(parser)
    add_load_arguments(parser)
    # Noise is no regression, so there is nothing to set a gate for.
    parser.set_defaults(fail_on=None, fail_on_regression=None, thresholds=None)


def _execute(args: argparse.Namespace) -> int:
    from perfreg.app.noise import measure_noise
    from perfreg.cli import outputs
    from perfreg.cli.closing import exit_code, show
    from perfreg.cli.progress import observing

    loaded = load_config(args, {**shared_flags(args), **measuring_flags(args)})
    directory = loaded.directory / loaded.config.report.directory
    targets = outputs.plan((*args.format, *loaded.config.report.formats), args.output, directory)
    request = request_of(args, loaded)
    with observing() as observer:
        result = measure_noise(request, observer)
    outputs.write(result, targets)
    show(result, targets, verbose=args.verbose)
    return exit_code(result)


COMMAND = Command(
    name="noise",
    summary="Measure this tree against itself, and tell how small a change this machine can see.",
    add_arguments=_add_arguments,
    execute=_execute,
)
