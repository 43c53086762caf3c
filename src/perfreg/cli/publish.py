"""`perfreg publish`: tell the code host how a job ended, from the results that it has left behind.

The results may be a stranger's: they are read by a strict schema and within limits, and everything that is posted is
rendered here. What cannot be published is a warning; it neither fails a build nor saves one.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from perfreg.cli.command import Command
from perfreg.cli.forge_flags import add_forge_arguments, forge_environment
from perfreg.cli.progress import plain
from perfreg.errors import ForgeError, UsageError

if TYPE_CHECKING:
    from perfreg.publish.forges.kind import Here
    from perfreg.publish.forges.message import Message
    from perfreg.publish.forges.occasion import Occasion
    from perfreg.publish.forges.publisher import Published, Wishes

_MODES = ("always", "on-change", "on-regression", "never")
_KEY = "default"
_LONGEST_S = 3600.0


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("result", nargs="*", metavar="RESULT", help="a result.json, or a directory that has some at any depth")
    add("--comment", choices=_MODES, default="always", help="when to comment on a pull request (default: always)")
    add("--key", default=_KEY, metavar="NAME", help="tells several uses in one repository apart")
    on = argparse.BooleanOptionalAction
    add("--status", action=on, default=True, help="show the outcome beside the commit")
    add("--labels", action=on, default=True, help="label pull requests that regress or improve")
    add("--issue", action=on, default=True, help="keep an issue about regressions of the default branch")
    add("--expect", action="append", default=[], metavar="NAME", help="a leg that has to have left a result")
    add("--outdate", action="store_true", help="there is no result: fold away a comment about older code")
    add_forge_arguments(parser)
    add("--gate", action="store_true", help="end as the worst result does, instead of with 0")
    add("--timeout", default="120s", metavar="TIME", help="how long all of it may take (default: 120s)")
    add("--output", type=Path, metavar="FILE", help="write what was done there, as JSON")
    add("--dry-run", action="store_true", help="print what would be posted, and ask nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How it went: the exit code, and what was done if anybody was asked."""

    code: int
    published: Published | None = None


def _execute(args: argparse.Namespace) -> int:
    return execute(args).code


def execute(args: argparse.Namespace, *, lost: str = "", void: str = "") -> Told:
    """Do what `perfreg publish` does.

    ``lost`` tells instead why there is no verdict where there should be one, and ``void`` why there need not be one.
    """
    from perfreg.publish.forges.registry import forge_here

    if bool(args.result) == args.outdate:
        raise UsageError("names results, or says --outdate", where="publish", hint="perfreg publish perf-results")
    seconds = _seconds(args.timeout)
    here = forge_here(forge_environment(args, os.environ))
    occasion = here.occasion
    if args.outdate and not lost:
        done = _asked(here, occasion, void, args, seconds)
        _report(done, args.output)
        return Told(code=0, published=done)
    message = _message(args, occasion, lost)
    for problem in message.problems:
        _warn(problem)
    code = _code(message, gate=args.gate)
    if args.dry_run:
        _show(message, occasion, args)
        return Told(code=code)
    done = _asked(here, occasion, message, args, seconds)
    _report(done, args.output)
    return Told(code=code, published=done)


def _message(args: argparse.Namespace, occasion: Occasion, lost: str) -> Message:
    from perfreg.cli.gathering import gather
    from perfreg.publish.forges.message import Message
    from perfreg.report.formats.comment import Leg

    rest, name = _rest(occasion), "" if args.key == _KEY else args.key
    if lost:
        return Message(legs=(), problems=(lost,), rest=rest, name=name)
    found = gather(args.result, args.expect)
    legs = tuple(Leg(name=leg.name, result=leg.result) for leg in found.legs)
    return Message(legs=legs, problems=found.problems, rest=rest, name=name)


def _asked(
    here: Here, occasion: Occasion, message: Message | str, args: argparse.Namespace, seconds: float
) -> Published:
    from perfreg.publish.forges.patience import Patience
    from perfreg.publish.forges.publisher import Published, outdate, publish

    try:
        forge = here.open(Patience.of(seconds))
    except ForgeError as error:
        return Published(warnings=[f"nothing was published: {error}"])
    if isinstance(message, str):
        return outdate(forge, occasion, _wishes(args), message)
    return publish(forge, occasion, message, _wishes(args))


def _wishes(args: argparse.Namespace) -> Wishes:
    from perfreg.publish.forges.publisher import Wishes

    return Wishes(comment=args.comment, key=args.key, standing=args.status, labels=args.labels, issue=args.issue)


def _seconds(text: str) -> float:
    from perfreg.config.quantity import convert, parse

    try:
        seconds = convert(*parse(text), "s")
    except ValueError as error:
        raise UsageError(str(error), where="--timeout", hint="write it as 120s") from error
    if not 0 < seconds <= _LONGEST_S:
        raise UsageError(f"{text!r} is no time of up to an hour", where="--timeout", hint="write it as 120s")
    return seconds


def _rest(occasion: Occasion) -> str:
    if not occasion.url:
        return "Everything is in the job's summary and its artifacts."
    return f"Everything is in the [summary and the artifacts of the run]({occasion.url})."


def _code(message: Message, *, gate: bool) -> int:
    from perfreg.cli.closing import exit_code

    if message.problems:
        return 2
    return max((exit_code(leg.result) for leg in message.legs), default=2) if gate else 0


def _show(message: Message, occasion: Occasion, args: argparse.Namespace) -> None:
    from perfreg.publish.forges.publisher import capped
    from perfreg.report.formats.comment import LIMIT

    if args.status:
        _say(sys.stdout, f"status: {capped(message.outcome, occasion)}: {message.title}")
    if occasion.is_main and args.issue and message.regressed:
        _say(sys.stdout, f"issue: {len(message.regressed)} regressed on {occasion.branch}")
    if occasion.has_pull_request and args.comment != "never":
        sys.stdout.write(f"comment ({args.comment}):\n\n{message.text(LIMIT)}")


def _report(done: Published, output: Path | None) -> None:
    comment = done.comment
    parts = (
        ("comment", f"{done.deed} {comment.url}" if comment is not None else ""),
        ("status", done.standing),
        ("labels", ", ".join(done.labels)),
        ("issue", done.issue),
    )
    for name, text in parts:
        if text:
            _say(sys.stdout, f"{name}: {text}")
    for warning in done.warnings:
        _warn(warning)
    if output is not None:
        document = {
            "comment": None if comment is None else {"id": comment.id, "url": comment.url, "deed": done.deed},
            "status": done.standing,
            "labels": done.labels,
            "issue": done.issue,
            "warnings": done.warnings,
        }
        try:
            output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write there: {error.strerror}", where=str(output)) from error


def _warn(text: str) -> None:
    _say(sys.stderr, f"perfreg: warning: {text}")


def _say(stream: TextIO, text: str) -> None:
    """One line, whatever is in it, and no command to a CI system."""
    from perfreg.report.escape import inert

    stream.write(f"{inert(plain(text))}\n")


COMMAND = Command(
    name="publish",
    summary="Tell the code host: a comment on the pull request, a status, labels, an issue.",
    add_arguments=_add_arguments,
    execute=_execute,
)
