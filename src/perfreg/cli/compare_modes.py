"""What `perfreg compare` may compare besides revisions: its flags, and which of them go together."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfreg.cli.selection import has_config, load_config, made_up_config
from perfreg.errors import InputError, UsageError
from perfreg.model.comparison import Mode

if TYPE_CHECKING:
    from perfreg.app.compare.request import CompareRequest
    from perfreg.app.observer import Observer
    from perfreg.config.load import LoadedConfig
    from perfreg.model.result import Result

MOST_RESULTS = 1000
"""Results that one side may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The sides as they were given; ``base`` has several words only for results."""

    mode: Mode
    base: tuple[str, ...]
    head: str


_SUFFIXES: tuple[tuple[Mode, str], ...] = (
    ("revisions", ""),
    ("urls", "-url"),
    ("commands", "-cmd"),
    ("environments", "-python"),
    ("results", "-result"),
)


def add_mode_arguments(sides: argparse._ArgumentGroup) -> None:
    """A flag for base and one for head of every mode but revisions."""
    for kind, metavar, what in (
        ("url", "URL", "a service that runs already"),
        ("cmd", "CMD", "a command, run by the shell"),
        ("python", "PATH", "a virtual environment or interpreter"),
    ):
        sides.add_argument(f"--base-{kind}", metavar=metavar, help=f"compare with {what}")
        sides.add_argument(f"--head-{kind}", metavar=metavar, help=f"{what}, to be judged")
    sides.add_argument(
        "--base-result", metavar="FILE", nargs="+", action="extend", help="compare with results that perfreg wrote"
    )
    sides.add_argument("--head-result", metavar="FILE", help="the result that is judged")


def chosen(args: argparse.Namespace) -> Choice:
    """The one thing to compare. Raises `UsageError` when flags of two kinds were given, or one of a pair is missing."""
    given = [(mode, *_pair(args, suffix), suffix) for mode, suffix in _SUFFIXES]
    used = [each for each in given if each[1] is not None or each[2] is not None]
    if not used:
        hint = "name a revision, as in --base main"
        raise UsageError("there is nothing to compare with", where="--base", hint=hint)
    if len(used) > 1:
        flags = [f"--{'base' if base is not None else 'head'}{suffix}" for _, base, _, suffix in used]
        hint = "compare one kind of thing at a time"
        raise UsageError(f"does not go together with {flags[0]}", where=flags[1], hint=hint)
    mode, base, head, suffix = used[0]
    if mode == "revisions" and head is None:
        head = "."
    if not base or head is None:
        there, missing = ("head", "base") if not base else ("base", "head")
        raise UsageError(f"needs --{missing}{suffix} beside it", where=f"--{there}{suffix}")
    return Choice(mode=mode, base=(base,) if isinstance(base, str) else tuple(base), head=head)


def _pair(args: argparse.Namespace, suffix: str) -> tuple[str | Sequence[str] | None, str | None]:
    name = suffix.replace("-", "_")
    return getattr(args, f"base{name}"), getattr(args, f"head{name}")


def configured(args: argparse.Namespace, choice: Choice, flags: dict[str, object]) -> LoadedConfig:
    """The configuration of a comparison; the modes that can do without a file get one made up for them."""
    from perfreg.app.compare import commands, urls

    if choice.mode == "commands":
        # A file of this directory is about other things than two commands; one that is named gives its settings.
        made_up = made_up_config(args, commands.scenario(choice.head), flags)
        if args.config is None:
            return made_up
        loaded = load_config(args, flags)
        scenarios = made_up.config.test_scenarios
        return replace(loaded, config=loaded.config.model_copy(update={"test_scenarios": scenarios}), selection=())
    if has_config(args) or choice.mode in ("revisions", "environments"):
        return load_config(args, flags)
    return made_up_config(args, urls.AD_HOC, flags)


def compare_chosen(choice: Choice, request: CompareRequest, observer: Observer) -> Result:
    """Compare what was chosen."""
    from perfreg.app.compare.commands import compare_commands
    from perfreg.app.compare.environments import compare_environments
    from perfreg.app.compare.revisions import compare_revisions
    from perfreg.app.compare.urls import compare_urls

    if choice.mode == "results":
        return _compare_results(choice, request)
    ways = {
        "revisions": compare_revisions,
        "urls": compare_urls,
        "commands": compare_commands,
        "environments": compare_environments,
    }
    return ways[choice.mode](request, choice.base[0], choice.head, observer)


def _compare_results(choice: Choice, request: CompareRequest) -> Result:
    from perfreg.app.compare.results import NamedRun, compare_results
    from perfreg.cli.result_file import read_result_file

    if len(choice.base) > MOST_RESULTS:
        raise InputError(f"{len(choice.base):,} results are more than {MOST_RESULTS:,}", where="--base-result")
    head, *base = (
        NamedRun(file=name, run=read_result_file(name).run) for name in (choice.head, *choice.base)
    )  # fmt: skip
    return compare_results(base, head, request.config, request.budgets)
