"""`perfreg report`: render a result that was measured before."""

from __future__ import annotations

import argparse
from pathlib import Path

from perfreg.cli.command import Command


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", type=Path, metavar="RESULT", help="a result.json written by perfreg")
    parser.add_argument("--format", action="append", required=True, metavar="F", help="json, markdown, html or console")
    parser.add_argument(
        "--output", type=Path, default=Path("-"), metavar="PATH", help="file (default: standard output)"
    )


def _execute(args: argparse.Namespace) -> int:
    from perfreg.cli import outputs
    from perfreg.cli.result_file import read_result_file

    result = read_result_file(str(args.result))
    targets = outputs.plan(args.format, args.output, args.output.parent)
    outputs.write(result, targets)
    return 0


COMMAND = Command(
    name="report",
    summary="Render a result in another format.",
    add_arguments=_add_arguments,
    execute=_execute,
)
