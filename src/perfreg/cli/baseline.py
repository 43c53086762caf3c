"""`perfreg baseline`: look into the store."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from perfreg.cli.command import Command
from perfreg.cli.progress import plain
from perfreg.cli.selection import add_config_arguments, load_config

if TYPE_CHECKING:
    from perfreg.model.run import Run


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the runs of the store, oldest first", allow_abbrev=False)
    add_config_arguments(listing)
    listing.add_argument("--format", choices=("text", "json"), default="text", help="output format (default: text)")
    listing.add_argument("--trusted", action="store_true", help="only the runs that serve as baseline")


def _execute(args: argparse.Namespace) -> int:
    from perfreg.analysis.lineage import lineage
    from perfreg.app.run import store_path
    from perfreg.store.sqlite import SqliteStore

    loaded = load_config(args)
    store = SqliteStore(store_path(loaded.config, loaded.directory))
    runs = store.runs()
    if args.trusted:
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        trusted = lineage(store.facts(), store.events(), now=now).ids()
        runs = tuple(run for run in runs if run.id in trusted)
    if args.format == "json":
        document = {"runs": [asdict(run) for run in runs]}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return 0
    for run in runs:
        sys.stdout.write(plain(_line(run)) + "\n")
    if not runs:
        sys.stdout.write(f"no runs in {store.path}; measure with perfreg run --establish-baselines\n")
    return 0


def _line(run: Run) -> str:
    code = f"{run.source.branch or '-'} {run.source.commit[:10] or '-'}"
    names = ", ".join(record.name for record in run.scenarios)
    return f"{run.id}  {run.started_at}  {run.status:6}  {run.trust:11}  {run.environment.key}  {code}  {names}"


COMMAND = Command(
    name="baseline",
    summary="Look into the store of runs that baselines come from.",
    add_arguments=_add_arguments,
    execute=_execute,
)
