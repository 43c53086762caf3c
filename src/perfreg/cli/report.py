"""`perfreg report`: render results that were measured before, those of a matrix together."""

from __future__ import annotations

import argparse
from pathlib import Path

from perfreg.cli.command import Command
from perfreg.cli.done import Done
from perfreg.errors import UsageError


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "results", nargs="+", metavar="RESULT", help="a result.json of perfreg, or a directory with some below it"
    )
    parser.add_argument(
        "--format", action="append", default=[], metavar="F", help="json, markdown, html or console (repeatable)"
    )
    parser.add_argument("--output", type=Path, metavar="PATH", help="file (default: standard output)")
    parser.add_argument("--output-directory", type=Path, metavar="DIR", help="where reports of several formats go")
    parser.add_argument(
        "--legs", type=int, default=0, metavar="N", help="how many results there have to be; fewer fail the gate"
    )
    parser.add_argument(
        "--gate", action="store_true", help="exit as the command that measured would: 1 for a regression"
    )


def _execute(args: argparse.Namespace) -> int:
    done = execute(args)
    return done.exit_code() if args.gate else 0


def execute(args: argparse.Namespace) -> Done:
    """Do what `perfreg report` does; the exit code is that of the gate."""
    from perfreg.cli import outputs
    from perfreg.cli.closing import exit_code
    from perfreg.cli.result_file import read_legs

    if not args.format and args.output_directory is None:
        raise UsageError("what to render is missing", hint="give --format, or --output-directory for all of them")
    result = read_legs(args.results, expected=args.legs)
    output = args.output if args.output or args.output_directory else outputs.STDOUT
    targets = outputs.plan(args.format, output, args.output_directory or (output or Path()).parent)
    outputs.write(result, targets)
    return Done(code=exit_code(result), result=result, targets=targets)


COMMAND = Command(
    name="report",
    summary="Render results in another format, those of several legs as one.",
    add_arguments=_add_arguments,
    execute=_execute,
)
