"""`perfreg baseline pull`, `push`, `prune` and `import`: move records."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from perfreg.cli.progress import plain
from perfreg.cli.selection import add_config_arguments, load_config
from perfreg.errors import UsageError


def add_plain(parser: argparse.ArgumentParser) -> None:
    """Arguments of `pull` and `push`."""
    add_config_arguments(parser)


def pull(args: argparse.Namespace) -> int:
    """Bring what others have stored to this machine."""
    from perfreg.cli.keeping import kept_by

    merged = kept_by(load_config(args)).pull()
    for problem in merged.problems:
        sys.stdout.write(plain(problem) + "\n")
    foreign = f", {merged.foreign} records of another version (kept, not used)" if merged.foreign else ""
    sys.stdout.write(f"{merged.runs} new runs, {merged.events} new events{foreign}\n")
    return 0


def push(args: argparse.Namespace) -> int:
    """Store what this machine has measured where the configuration says."""
    from perfreg.cli.keeping import kept_by, say_pushed

    kept = kept_by(load_config(args))
    if kept.backend is None:
        raise UsageError("the store is kept on this machine alone", where="baseline.store", hint="set it to git, say")
    pushed = kept.push("Add runs")
    if pushed is None:
        sys.stdout.write("nothing to push\n")
    else:
        say_pushed(pushed)
    return 0


def add_prune(parser: argparse.ArgumentParser) -> None:
    """Arguments of `prune`."""
    add_config_arguments(parser)
    parser.add_argument("--runs", type=int, metavar="N", help="keep the newest N runs (default: baseline.retention)")
    parser.add_argument("--days", type=int, metavar="N", help="keep runs of the last N days")
    parser.add_argument("--dry-run", action="store_true", help="only print what would be removed")


def prune(args: argparse.Namespace) -> int:
    """Remove old runs for good and print them; each environment keeps its newest baselines."""
    from perfreg.analysis.lineage import lineage
    from perfreg.analysis.retention import forgettable
    from perfreg.cli.keeping import kept_by, say_pushed

    loaded = load_config(args)
    retention = loaded.config.baseline.retention
    most, days = args.runs or retention.runs, args.days or retention.days
    if most is None and days is None:
        raise UsageError("what to keep is not said", where="baseline prune", hint="pass --runs N or --days N")
    kept = kept_by(loaded)
    kept.pull()
    now = datetime.now(timezone.utc)
    facts = kept.store.facts()
    trusted = lineage(facts, kept.store.events(), now=now.isoformat(timespec="milliseconds")).ids()
    since = (now - timedelta(days=days)).isoformat(timespec="milliseconds") if days else ""
    ids = frozenset(forgettable(facts, trusted, most=most, since=since))
    for run in facts:
        if run.id in ids:
            sys.stdout.write(plain(f"{run.id}  {run.started_at[:19]}  {run.commit[:10] or '-'}") + "\n")
    sys.stdout.write(f"{len(ids)} of {len(facts)} runs {'would be ' if args.dry_run else ''}removed\n")
    if ids and not args.dry_run:
        pushed = kept.drop(ids, f"Remove {len(ids)} old runs")
        if pushed is not None:
            say_pushed(pushed)
    return 0


def add_import(parser: argparse.ArgumentParser) -> None:
    """Arguments of `import`."""
    add_config_arguments(parser)
    parser.add_argument("tool", metavar="FORMAT", help="the tool that wrote the history, or auto")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files or directories of that tool")
    parser.add_argument(
        "--this-machine", action="store_true", help="the history was measured on machines like this one"
    )


def import_history(args: argparse.Namespace) -> int:
    """Move in with the past that another tool has recorded."""
    import os

    from perfreg.cli.baseline_import import read_files
    from perfreg.cli.keeping import kept_by
    from perfreg.histories.building import in_environment
    from perfreg.histories.registry import HISTORY_FORMATS, detect
    from perfreg.measure import environment

    loaded = load_config(args)
    files = read_files(args.paths)
    if args.tool != "auto" and args.tool not in HISTORY_FORMATS:
        known = ", ".join(HISTORY_FORMATS)
        raise UsageError(f"unknown format {args.tool!r}", where="baseline import", hint=f"known: auto, {known}")
    form = detect(files) if args.tool == "auto" else HISTORY_FORMATS[args.tool]
    imported = form.read(files)
    runs = imported.runs
    if args.this_machine:
        if len({run.environment.key for run in runs}) > 1:
            hint = "import each machine's files by themselves"
            raise UsageError("the history comes from several machines", where="--this-machine", hint=hint)
        here = environment.detect(os.environ, name=loaded.config.environment or "")
        runs = tuple(in_environment(run, here) for run in runs)
    kept = kept_by(loaded)
    before = len(kept.store.facts())
    kept.store.add(*runs)
    for warning in imported.warnings:
        sys.stdout.write(plain(f"warning: {warning}") + "\n")
    new = len(kept.store.facts()) - before
    sys.stdout.write(f"{len(runs)} runs read from {form.name}, {new} of them new; perfreg baseline push stores them\n")
    return 0
