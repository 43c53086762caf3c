"""`perfreg-templates`: print a ready configuration for a CI system, filled in and safe to paste."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from perfreg import __version__
from perfreg.cli.main import Parser, complain, guard
from perfreg.errors import UsageError

ACTION = "org/perf-regression@v1"
BASELINES = ("git", "package", "artifact")


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = Parser(
        prog="perfreg-templates",
        description="Print the configuration with which a CI system runs perfreg.",
        allow_abbrev=False,
    )
    add = top.add_argument
    add("target", nargs="?", metavar="TARGET", help="what to print; --list shows what there is")
    add("--version", action="version", version=f"perfreg-templates {__version__}")
    add("--list", action="store_true", help="list the targets")
    add("--explain", action="store_true", help="tell what the target is, what it needs and what --set knows")
    add("--output", type=Path, metavar="FILE", help="write it here, where nothing is yet")
    add("--force", action="store_true", help="write it also where a file is")
    filling = top.add_argument_group("what it is filled with")
    fill = filling.add_argument
    fill("-c", "--config", metavar="FILE", help="configuration to read and to use (default: perfreg.yml)")
    fill("--branch", metavar="NAME", help="base branch (default: baseline.base_branch, else main)")
    fill("--python", default="3.13", metavar="VERSION", help="Python to run perfreg with (default: 3.13)")
    fill("--image", default="", metavar="IMAGE", help="container image to run in")
    fill("--service", action="append", default=[], metavar="IMAGE", help="database beside the tests; repeatable")
    fill("--schedule", default="", metavar="CRON", help="when to run without a change, such as '17 3 * * *'")
    fill("--deploy-gate", action="store_true", help="add a deployment that waits for the gate")
    fill("--baseline", choices=BASELINES, help="where baselines are kept (default: as the configuration says)")
    fill("--environment", default="", metavar="NAME", help="overlay of the configuration to measure with")
    fill("--runner", default="", metavar="LABEL", help="runner, agent or pool to measure on")
    fill("--action", default=ACTION, metavar="REF", help=f"the GitHub Action to use (default: {ACTION})")
    fill("--set", action="append", default=[], metavar="KEY=VALUE", help="option of the target; --explain shows them")
    return top


def main(arguments: Sequence[str]) -> int:
    """Print what was asked for; the exit code."""

    def work() -> int:
        args = parser().parse_args(arguments)
        return _listed() if args.list else _printed(args, arguments)

    return guard(work, complain=complain)


def _listed() -> int:
    from perfreg.cli.template_sources import targets

    sys.stdout.writelines(f"{name}\n" for name in targets())
    return 0


def _overview() -> int:
    from perfreg.cli.template_sources import targets

    width = max(map(len, targets()))
    sys.stdout.writelines(f"{name:{width}}  {target.summary}\n" for name, target in targets().items())
    return 0


def _printed(args: argparse.Namespace, arguments: Sequence[str]) -> int:
    from perfreg.cli.template_settings import settings_of
    from perfreg.cli.template_sources import source, target_of
    from perfreg.templating.explain import explain
    from perfreg.templating.render import render

    if args.target is None and args.explain:
        return _overview()
    if args.target is None:
        raise UsageError("name a target", where="perfreg-templates", hint="--list shows them")
    target = target_of(args.target)
    if args.explain:
        sys.stdout.write(explain(target))
        return 0
    settings, warnings = settings_of(target, args, arguments)
    text = render(target, settings, source)
    for warning in warnings:
        sys.stderr.write(f"perfreg: warning: {warning}\n")
    if args.output is None:
        sys.stdout.write(text)
    else:
        _write(args.output / target.file if args.output.is_dir() else args.output, text, force=args.force)
    return 0


def _write(path: Path, text: str, *, force: bool) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if force else "x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise UsageError("there is a file already", where=str(path), hint="--force writes over it") from error
    except OSError as error:
        raise UsageError(f"cannot write there: {error.strerror}", where=str(path)) from error
    sys.stdout.write(f"written: {path}\n")


def entry() -> NoReturn:
    """The console script."""
    sys.exit(main(sys.argv[1:]))
