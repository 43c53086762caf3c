"""`perfreg history`: how metrics moved over the trusted runs, and where their level changed for good."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from perfreg.cli.command import Command
from perfreg.cli.progress import plain
from perfreg.cli.selection import add_config_arguments, load_config

if TYPE_CHECKING:
    from perfreg.model.result import Shift


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config_arguments(parser)
    parser.add_argument("metric", nargs="?", default="*", metavar="METRIC", help="metric or glob such as 'search.*'")
    parser.add_argument("--all-environments", action="store_true", help="also series of other machines")


def _execute(args: argparse.Namespace) -> int:
    from perfreg.app.overview import overview
    from perfreg.app.shifting import past_shifts, with_commits
    from perfreg.cli.keeping import kept_by

    loaded = load_config(args)
    store, now = kept_by(loaded).store, datetime.now(timezone.utc)
    found = overview(store, loaded.config, now=now)
    rows = [row for row in found.rows if (row.is_here or args.all_environments) and row.matches(args.metric)]
    shifts = past_shifts(store, [row.series.key for row in rows], now)
    for row in rows:
        place = "" if row.is_here else f"  ({row.series.key.environment})"
        sys.stdout.write(plain(row.history() + place) + "\n")
        _write_shifts(with_commits(each, loaded.directory, os.environ) for each in shifts.get(row.series.key, ()))
    if not rows:
        sys.stdout.write(f"no history of {plain(args.metric)} on this machine; {found.elsewhere}\n")
    return 0


def _write_shifts(shifts: Iterable[Shift]) -> None:
    from perfreg.report.shift import shift_row

    for row in map(shift_row, shifts):
        sys.stdout.write(plain(f"  {row.sentence}") + "\n")
        for commit in row.commits:
            sys.stdout.write(plain(f"    {commit}") + "\n")


COMMAND = Command(
    name="history",
    summary="Show how metrics moved over the trusted runs: sparkline, trend, and lasting changes with their commits.",
    add_arguments=_add_arguments,
    execute=_execute,
)
