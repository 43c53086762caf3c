"""`perfreg judge history`: look for lasting changes in series that somebody else recorded."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from perfreg.cli.judging.histories import History, read
from perfreg.errors import UsageError

if TYPE_CHECKING:
    from perfreg.analysis.rule_watch import Called
    from perfreg.analysis.watch import Step

    Watcher = Callable[[Sequence[History]], Sequence[tuple[Step | Called, ...]]]

Record = dict[str, str | float]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of the action."""
    parser.add_argument(
        "file", type=Path, metavar="FILE.csv", help="columns series, run, value and maybe direction, in run order"
    )
    parser.add_argument(
        "--fa15",
        type=float,
        metavar="PERCENT",
        help="quiet stretches of 15 runs that may have a false alarm (default: 5)",
    )
    parser.add_argument(
        "--rule", metavar="NAME", help="judge each run by one of the rules that history.rule knows instead"
    )
    parser.add_argument("--improvements", action="store_true", help="list changes for the better as well")
    parser.add_argument(
        "--no-common-mode", action="store_true", help="judge each series without those of the same runs"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what is printed (default: text)")


def execute(args: argparse.Namespace) -> int:
    """Watch every series of the file and print the alarms; what they say is no error."""
    watcher = _by_rule(args) if args.rule is not None else _by_steps(args)
    histories = read(args.file)
    if args.rule is None:
        _warn(histories)
    told = list(zip(histories, watcher(histories), strict=True))
    alarms = [_record(history, step) for history, steps in told for step in steps if step.worse]
    better = [_record(history, step) for history, steps in told for step in steps if not step.worse]
    if not args.improvements:
        better = []
    write = _as_json if args.format == "json" else _as_text
    sys.stdout.write(write(alarms, better, improvements=args.improvements))
    return 0


def _by_steps(args: argparse.Namespace) -> Watcher:
    """As perfreg watches its own history."""
    from perfreg.analysis.watch import Policy, Series, watch_many

    fa15 = 5.0 if args.fa15 is None else args.fa15
    if not 0 < fa15 <= 50:
        raise UsageError(f"{fa15:g} is not above 0 and at most 50", where="--fa15", hint="a percentage such as 5")
    policy = Policy(false_alarms=fa15, common_mode=not args.no_common_mode)
    return lambda histories: watch_many(
        [Series(values=each.values, direction=each.direction, sessions=each.sessions) for each in histories],
        policy=policy,
    )


def _by_rule(args: argparse.Namespace) -> Watcher:
    """By the rule that was named: one series at a time, run by run."""
    from perfreg.analysis.rule_watch import watch_by_rule
    from perfreg.stats.rules.registry import rules

    if args.rule not in rules():
        known = f"known: {', '.join(rules())}"
        raise UsageError(f"there is no decision rule {args.rule[:40]!r}", where="--rule", hint=known)
    if args.fa15 is not None:
        raise UsageError("does not go with --rule", where="--fa15", hint="a rule has a limit of its own")
    rule = rules()[args.rule]
    return lambda histories: [watch_by_rule(each.values, rule, direction=each.direction) for each in histories]


def _record(history: History, step: Step | Called) -> Record:
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
