"""`perfreg-templates`: print a ready configuration for a CI system, filled in and safe to paste."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from perfreg.cli.main import Parser, complain, guard
from perfreg.errors import UsageError

ACTION = "org/perf-regression@v1"

_PLAIN = re.compile(r"[A-Za-z_./][A-Za-z0-9_./@-]*")
_NOT_STRINGS = {"true", "false", "yes", "no", "on", "off", "y", "n", "null", "~", ".", ".inf", ".nan"}


def targets() -> dict[str, Path]:
    """The template of every target, by the target's name."""
    packaged = Path(__file__).parents[1] / "_templates"
    # A source checkout has the templates at its top.
    folder = packaged if packaged.is_dir() else Path(__file__).parents[3] / "templates"
    return {template.parent.name: template for template in sorted(folder.glob("*/*.j2"))}


def scalar(value: object) -> str:
    """``value`` as a YAML scalar that is a string and no GitHub expression, whatever its characters."""
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_STRINGS:
        return text
    return json.dumps(text.replace("${{", "${{ '${{' }}"))


def render(target: str, values: dict[str, str]) -> str:
    """The configuration for ``target``. Raises `UsageError` when there is no such template."""
    from jinja2 import Environment, StrictUndefined

    known = targets()
    if target not in known:
        raise UsageError(f"no template for {target!r}", where="TARGET", hint=f"there is: {', '.join(known)}")
    environment = Environment(  # noqa: S701 - this is YAML: `scalar` escapes every value
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        finalize=scalar,
    )
    return environment.from_string(known[target].read_text("utf-8")).render(values)


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = Parser(
        prog="perfreg-templates",
        description="Print the configuration with which a CI system runs perfreg.",
        allow_abbrev=False,
    )
    top.add_argument("target", nargs="?", metavar="TARGET", help="the CI system; --list shows which")
    top.add_argument("--list", action="store_true", help="list the targets")
    top.add_argument("--config", default="perfreg.yml", metavar="FILE", help="configuration (default: perfreg.yml)")
    top.add_argument("--branch", default="main", metavar="NAME", help="base branch (default: main)")
    top.add_argument("--runner", default="ubuntu-latest", metavar="LABEL", help="runner (default: ubuntu-latest)")
    top.add_argument("--action", default=ACTION, metavar="REF", help=f"the Action to use (default: {ACTION})")
    top.add_argument("--baseline-storage", default=".perfreg", metavar="DIR", help="the store (default: .perfreg)")
    return top


def main(arguments: Sequence[str]) -> int:
    """Print what was asked for; the exit code."""

    def work() -> int:
        args = parser().parse_args(arguments)
        if args.list:
            sys.stdout.writelines(f"{name}\n" for name in targets())
        elif args.target is None:
            raise UsageError("name a target", where="perfreg-templates", hint="--list shows them")
        else:
            values = {name: getattr(args, name) for name in ("config", "branch", "runner", "action")}
            sys.stdout.write(render(args.target, {**values, "storage": args.baseline_storage}))
        return 0

    return guard(work, complain=complain)


def entry() -> NoReturn:
    """The console script."""
    sys.exit(main(sys.argv[1:]))
