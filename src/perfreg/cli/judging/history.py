"""`perfreg judge history`: look for lasting changes in series that somebody else recorded."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from perfreg.cli.judging.histories import History, read
from perfreg.errors import UsageError

if TYPE_CHECKING:
    from perfreg.analysis.watch import Step

Record = dict[str, str | float]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of the action."""
    parser.add_argument(
        "file", type=Path, metavar="FILE.csv", help="columns series, run, value and maybe direction, in run order"
    )
    parser.add_argument(
        "--fa15",
        type=float,
        default=5.0,
        metavar="PERCENT",
        help="quiet stretches of 15 runs that may have a false alarm (default: 5)",
    )
    parser.add_argument("--improvements", action="store_true", help="list changes for the better as well")
    parser.add_argument(
        "--no-common-mode", action="store_true", help="judge each series without those of the same runs"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what is printed (default: text)")


def execute(args: argparse.Namespace) -> int:
    """Watch every series of the file and print the alarms; what they say is no error."""
    from perfreg.analysis.watch import Policy, Series, watch_many

    if not 0 < args.fa15 <= 50:
        raise UsageError(f"{args.fa15:g} is not above 0 and at most 50", where="--fa15", hint="a percentage such as 5")
    histories = read(args.file)
    _warn(histories)
    found = watch_many(
        [Series(values=each.values, direction=each.direction, sessions=each.sessions) for each in histories],
        policy=Policy(false_alarms=args.fa15, common_mode=not args.no_common_mode),
    )
    told = list(zip(histories, found, strict=True))
    alarms = [_record(history, step) for history, steps in told for step in steps if step.worse]
    better = [_record(history, step) for history, steps in told for step in steps if not step.worse]
    if not args.improvements:
        better = []
    write = _as_json if args.format == "json" else _as_text
    sys.stdout.write(write(alarms, better, improvements=args.improvements))
    return 0


def _record(history: History, step: Step) -> Record:
    return {
        "series": history.name,
        "raised_at": history.runs[step.raised],
        "located_at": history.runs[step.located],
        "change_pct": round(100 * step.change, 4),
        "severity": step.severity,
    }


def _warn(histories: Sequence[History]) -> None:
    """Say which values were passed over; a ratio to zero or below says nothing."""
    from perfreg.report.escape import visible

    for history in histories:
        without = sum(value <= 0 for value in history.values)
        if without:
            total = len(history.values)
            what = (
                "is not judged: none of its values"
                if without == total
                else f"passes over {without} of {total} runs: they"
            )
            verb = "is" if without == total else "are not"
            sys.stderr.write(
                f"perfreg: warning: {visible(history.name)} {what} {verb} above zero, so they have no ratio\n"
            )


def _as_json(alarms: list[Record], better: list[Record], *, improvements: bool) -> str:
    return json.dumps({"alarms": alarms} | ({"improvements": better} if improvements else {}), indent=2) + "\n"


def _as_text(alarms: list[Record], better: list[Record], *, improvements: bool) -> str:
    from perfreg.report.escape import visible

    def line(record: Record, word: str) -> str:
        series, raised, located = (visible(str(record[key])) for key in ("series", "raised_at", "located_at"))
        return f"{word:<9} {series}: {record['change_pct']:+.1f} % since {located}, seen at {raised}"

    lines = [line(each, str(each["severity"])) for each in alarms] + [line(each, "changed") for each in better]
    total = f"{len(alarms)} alarm{'' if len(alarms) == 1 else 's'}"
    if improvements:
        total += f", {len(better)} other lasting change{'' if len(better) == 1 else 's'}"
    return "\n".join((*lines, total)) + "\n"
