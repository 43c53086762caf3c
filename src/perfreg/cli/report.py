"""`perfreg report`: render results that were measured before, those of a matrix together, and store what they left."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from perfreg.cli.command import Command
from perfreg.cli.done import Done, is_baseline
from perfreg.cli.progress import plain
from perfreg.cli.run import add_storing_arguments
from perfreg.cli.selection import add_config_arguments
from perfreg.errors import PerfregError, UsageError

if TYPE_CHECKING:
    from perfreg.cli.gathering import Gathered
    from perfreg.cli.unrecorded import Recorded


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "results", nargs="+", metavar="RESULT", help="a result.json of perfreg, or a directory with some below it"
    )
    parser.add_argument(
        "--format",
        action="append",
        default=[],
        metavar="F",
        help="comment, console, csv, gitlab-annotations, gitlab-load-performance, html, jtl, json, junit, markdown, "
        "openmetrics or performance-report (repeatable)",
    )
    parser.add_argument("--output", type=Path, metavar="PATH", help="file (default: standard output)")
    parser.add_argument("--output-directory", type=Path, metavar="DIR", help="where reports of several formats go")
    parser.add_argument(
        "--legs", type=int, default=0, metavar="N", help="how many results there have to be; fewer fail the gate"
    )
    parser.add_argument(
        "--ended", default="", metavar="HOW", help="how the legs' jobs ended; a failure that no result shows is one"
    )
    parser.add_argument(
        "--gate", action="store_true", help="exit as the command that measured would: 1 for a regression"
    )
    parser.add_argument(
        "--record", action="store_true", help="store the runs that were left by perfreg run --no-record, all at once"
    )
    add_config_arguments(parser)
    add_storing_arguments(parser)


def _execute(args: argparse.Namespace) -> int:
    done = execute(args)
    code = done.exit_code()
    return code if args.gate or done.problems else 0


def execute(args: argparse.Namespace, lost: Sequence[str] = ()) -> Done:
    """Do what `perfreg report` does; the exit code is that of the gate. What cannot be stored comes late.

    ``lost`` are sentences about results that never came as far as into a file.
    """
    from perfreg.analysis.legs import together
    from perfreg.cli import outputs
    from perfreg.cli.closing import exit_code
    from perfreg.cli.gathering import gather

    if not args.format and args.output_directory is None:
        raise UsageError("what to render is missing", hint="give --format, or --output-directory for all of them")
    gathered = gather(args.results)
    problems = (*lost, *gathered.problems)
    hidden = () if problems or len(gathered.legs) < args.legs else _hidden(gathered, args.ended)
    result = together(gathered.legs, expected=args.legs, problems=(*problems, *hidden))
    for problem in (*problems, *hidden):
        _warn(problem)
    output = args.output if args.output or args.output_directory else outputs.STDOUT
    targets = outputs.plan(args.format, output, args.output_directory or (output or Path()).parent)
    outputs.write(result, targets)
    late: PerfregError | None = None
    recorded = None
    try:
        recorded = _record(gathered, args)
    except PerfregError as error:
        late = error
    return Done(
        code=exit_code(result),
        result=result,
        targets=targets,
        upload=recorded.upload if recorded else "",
        late=recorded.late if recorded else late,
        recorded=any(map(is_baseline, recorded.results)) if recorded else None,
        problems=problems,
    )


def _hidden(gathered: Gathered, ended: str) -> tuple[str, ...]:
    """A failure of the legs' jobs that none of their results shows: one is older than that, or has left none."""
    from perfreg.cli.closing import exit_code

    if ended in ("", "success") or any(exit_code(leg.result) for leg in gathered.legs):
        return ()
    return (f"what measured ended as {plain(ended)}, and no result says why",)


def _record(gathered: Gathered, args: argparse.Namespace) -> Recorded | None:
    """Store what the legs have left; None when they have left nothing."""
    from perfreg.cli.unrecorded import Recorded, files_of, record

    files = files_of(gathered)
    if not files:
        return None
    if not args.record:
        _warn(f"{len(files)} of the results are not in the history; --record puts them there")
        return Recorded()
    return record(files, args)


def _warn(text: str) -> None:
    sys.stderr.write(f"perfreg: warning: {plain(text)}\n")


COMMAND = Command(
    name="report",
    summary="Render results in another format, those of several legs as one.",
    add_arguments=_add_arguments,
    execute=_execute,
)
