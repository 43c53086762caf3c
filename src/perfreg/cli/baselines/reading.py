"""`perfreg baseline list`, `show` and `verify`: look, change nothing."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from perfreg.cli.progress import plain
from perfreg.cli.selection import add_config_arguments, load_config

if TYPE_CHECKING:
    from perfreg.model.run import Run


def add_list(parser: argparse.ArgumentParser) -> None:
    """Arguments of `list`."""
    add_config_arguments(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="output format (default: text)")
    parser.add_argument("--trusted", action="store_true", help="only the runs that serve as baseline")


def list_runs(args: argparse.Namespace) -> int:
    """Print the runs of the store, oldest first."""
    from perfreg.analysis.lineage import lineage
    from perfreg.cli.keeping import kept_by

    store = kept_by(load_config(args)).store
    runs = store.runs()
    trusted = lineage(store.facts(), store.events(), now=_now()).ids()
    if args.trusted:
        runs = tuple(run for run in runs if run.id in trusted)
    if args.format == "json":
        sys.stdout.write(json.dumps({"runs": [asdict(run) for run in runs]}, indent=2) + "\n")
        return 0
    for run in runs:
        sys.stdout.write(plain(_line(run, is_trusted=run.id in trusted)) + "\n")
    if not runs:
        sys.stdout.write(f"no runs in {store.path}; measure with perfreg run --establish-baselines\n")
    return 0


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def _line(run: Run, *, is_trusted: bool) -> str:
    state = "baseline" if is_trusted else "broken" if run.status == "broken" else "regressed" if run.regressed else "-"
    code = f"{run.source.branch or '-'} {run.source.commit[:10] or '-'}"
    names = ", ".join(record.name for record in run.scenarios)
    return f"{run.id}  {run.started_at[:19]}  {state:9}  {run.environment.key}  {code}  {names}"


def add_show(parser: argparse.ArgumentParser) -> None:
    """Arguments of `show`."""
    add_config_arguments(parser)
    parser.add_argument(
        "metric", nargs="?", default="*", metavar="GLOB", help="metrics such as 'search.*' (default: all)"
    )


def show(args: argparse.Namespace) -> int:
    """Print what every metric of this machine is compared with, and the decisions that hold."""
    from perfreg.app.overview import overview
    from perfreg.cli.keeping import kept_by

    loaded = load_config(args)
    kept = kept_by(loaded)
    found = overview(kept.store, loaded.config, now=datetime.now(timezone.utc))
    shown = 0
    for row in found.rows:
        if row.is_here and row.matches(args.metric):
            shown += 1
            sys.stdout.write(plain(row.sentence()) + "\n")
    for event in found.events:
        sys.stdout.write(
            plain(f"{event.kind} {event.metrics} by {event.who} at {event.at[:19]}: {event.reason}") + "\n"
        )
    if not shown:
        sys.stdout.write(f"no baseline of {plain(args.metric)} on this machine; {found.elsewhere}\n")
    return 0


def add_verify(parser: argparse.ArgumentParser) -> None:
    """Arguments of `verify`."""
    add_config_arguments(parser)


def verify(args: argparse.Namespace) -> int:
    """Read every line of the store, here and where it is kept; the exit code is 2 when one is no record."""
    from perfreg.app.verify import problems_of
    from perfreg.cli.keeping import kept_by

    kept = kept_by(load_config(args))
    count, problems = problems_of(kept)
    for problem in problems:
        sys.stdout.write(plain(problem) + "\n")
    sys.stdout.write(f"{count} records read, {len(problems)} problems\n")
    return 2 if problems else 0
