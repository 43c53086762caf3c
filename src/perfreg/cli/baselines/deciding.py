"""`perfreg baseline accept` and `reset`: people's decisions, kept with who made them, when and why."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from datetime import date, datetime, timezone
from fnmatch import fnmatchcase

from perfreg.cli.progress import plain
from perfreg.cli.selection import add_config_arguments, load_config
from perfreg.errors import UsageError


def add_accept(parser: argparse.ArgumentParser) -> None:
    """Arguments of `accept`."""
    _add_common(parser)
    parser.add_argument("--run", metavar="ID", help="the regressed run (default: the newest one)")
    parser.add_argument("--commit", metavar="SHA", help="every run of this commit instead of one run")
    parser.add_argument("--until", metavar="DATE", help="accept until this date (YYYY-MM-DD); default: for good")


def add_reset(parser: argparse.ArgumentParser) -> None:
    """Arguments of `reset`."""
    _add_common(parser)


def _add_common(parser: argparse.ArgumentParser) -> None:
    add_config_arguments(parser)
    parser.add_argument("metrics", metavar="GLOB", help="metrics such as 'search.response_time_*' or '*'")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why; whoever comes later will read it")
    parser.add_argument("--who", metavar="NAME", help="who decides (default: you)")


def accept(args: argparse.Namespace) -> int:
    """Make the regressions of a run the new normal."""
    from perfreg.cli.keeping import kept_by

    kept = kept_by(load_config(args))
    kept.pull()
    regressed = [run for run in kept.store.facts() if any(fnmatchcase(name, args.metrics) for name in run.regressed)]
    if args.commit:
        chosen = [run for run in regressed if run.commit.startswith(args.commit)]
    else:
        chosen = [run for run in regressed if args.run in (None, run.id)][-1:]
    if not chosen:
        hint = "perfreg baseline list shows which runs regressed"
        raise UsageError(f"no run has regressed in {args.metrics!r}", where="baseline accept", hint=hint)
    newest = chosen[-1]
    names = sorted({name for run in chosen for name in run.regressed if fnmatchcase(name, args.metrics)})
    _decide(args, "accept", run="" if args.commit else newest.id, commit=newest.commit if args.commit else "")
    sys.stdout.write(plain(f"accepted in run {newest.id}: {', '.join(names)}") + "\n")
    return 0


def reset(args: argparse.Namespace) -> int:
    """Start the baseline of these metrics anew."""
    _decide(args, "reset")
    sys.stdout.write(plain(f"the baseline of {args.metrics} starts anew with the next trusted run") + "\n")
    return 0


def _decide(args: argparse.Namespace, kind: str, *, run: str = "", commit: str = "") -> None:
    from perfreg.cli.keeping import kept_by, say_pushed
    from perfreg.measure.identity import run_id
    from perfreg.model.event import Event

    now = datetime.now(timezone.utc)
    event = Event(
        id=run_id(int(now.timestamp() * 1000)),
        kind="accept" if kind == "accept" else "reset",
        at=now.isoformat(timespec="milliseconds"),
        who=args.who or _user(),
        reason=_text(args.reason, "--reason"),
        metrics=_text(args.metrics, "GLOB"),
        run=run,
        commit=commit,
        until=_end_of(getattr(args, "until", None)),
    )
    kept = kept_by(load_config(args))
    kept.store.add(event)
    pushed = kept.push(f"{event.kind.capitalize()} {plain(event.metrics)}")
    if pushed is not None:
        say_pushed(pushed)


def _text(value: str, where: str) -> str:
    if not value.strip() or not value.isprintable():
        raise UsageError("must be one line of printable text", where=where)
    return value.strip()


def _user() -> str:
    if os.environ.get("GITHUB_ACTOR"):
        return os.environ["GITHUB_ACTOR"]
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise UsageError("the user has no name here", where="--who", hint="say who decides with --who NAME") from error


def _end_of(day: str | None) -> str:
    if not day:
        return ""
    try:
        end = date.fromisoformat(day)
    except ValueError as error:
        raise UsageError(f"{day!r} is not a date", where="--until", hint="write it as 2026-12-31") from error
    return f"{end.isoformat()}T23:59:59.999+00:00"
