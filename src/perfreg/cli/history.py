"""`perfreg history`: how metrics moved over the trusted runs."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timezone

from perfreg.cli.command import Command
from perfreg.cli.progress import plain
from perfreg.cli.selection import add_config_arguments, load_config


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config_arguments(parser)
    parser.add_argument("metric", nargs="?", default="*", metavar="METRIC", help="metric or glob such as 'search.*'")
    parser.add_argument("--all-environments", action="store_true", help="also series of other machines")


def _execute(args: argparse.Namespace) -> int:
    from perfreg.app.overview import overview
    from perfreg.cli.keeping import kept_by

    loaded = load_config(args)
    found = overview(kept_by(loaded).store, loaded.config, now=datetime.now(timezone.utc))
    rows = [row for row in found.rows if (row.is_here or args.all_environments) and row.matches(args.metric)]
    for row in rows:
        place = "" if row.is_here else f"  ({row.series.key.environment})"
        sys.stdout.write(plain(row.history() + place) + "\n")
    if not rows:
        sys.stdout.write(f"no history of {plain(args.metric)} on this machine; {found.elsewhere}\n")
    return 0


COMMAND = Command(
    name="history",
    summary="Show how metrics moved over the trusted runs, with a sparkline and the trend.",
    add_arguments=_add_arguments,
    execute=_execute,
)
