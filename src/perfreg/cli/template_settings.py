"""What a template is filled with, from the command line and from the configuration."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from perfreg import __version__
from perfreg.errors import ConfigError, UsageError
from perfreg.templating.backing import of_image, together
from perfreg.templating.facts import Facts, facts
from perfreg.templating.settings import Settings
from perfreg.templating.target import Target

_STORES = {"git": "git", "package": "package", "artifact": "artifact", "directory": "artifact"}


def settings_of(target: Target, args: argparse.Namespace, arguments: Sequence[str]) -> tuple[Settings, tuple[str, ...]]:
    """The settings that the command line and the configuration stand for, and warnings about the latter.

    Raises `UsageError` or `ConfigError`.
    """
    name, known, warnings = _configuration(args.config)
    if args.environment and known.environments and args.environment not in known.environments:
        hint = f"there is: {', '.join(known.environments)}"
        raise UsageError(f"{args.environment!r} has no overlay in {name}", where="--environment", hint=hint)
    options = target.chosen(_pairs(args.set))
    settings = Settings(
        version=__version__,
        command=_again(arguments),
        config=name,
        legs=known.legs,
        branch=args.branch or known.branch or "main",
        python=args.python,
        image=args.image or target.image.replace("{python}", args.python).replace("{version}", __version__),
        package=str(options["package"] or _package((*known.drivers, *target.extras))),
        services=together(map(of_image, args.service), known.databases),
        schedule=args.schedule,
        deploy_gate=args.deploy_gate,
        baseline=_baseline(target, args.baseline, known),
        environment=args.environment,
        environments=known.environments,
        fail_on_regression=known.fail_on_regression,
        served=known.served,
        document=known.document,
        variables=known.variables,
        runner=args.runner,
        action=args.action,
        options=options,
    )
    return settings, warnings


def _configuration(given: str | None) -> tuple[str, Facts, tuple[str, ...]]:
    from perfreg.config import text
    from perfreg.config.load import NAMES

    name = given if given is not None else next((each for each in NAMES if Path(each).is_file()), NAMES[0])
    if not _is_file(name):
        warning = f"there is no {name!r} here, so nothing is known about its scenarios"
        return name, Facts(), (warning,) if given is not None else ()
    document = text.read(Path(name))
    if document.problems:
        raise ConfigError(tuple(document.problems))
    known = facts(document.data)
    return name, known, known.warnings


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def _pairs(given: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for each in given:
        name, found, value = each.partition("=")
        if not found:
            raise UsageError(f"{each!r} is not KEY=VALUE", where="--set")
        pairs[name.strip()] = value
    return pairs


def _package(extras: Sequence[str]) -> str:
    return f"perfreg{'[' if extras else ''}{','.join(sorted(set(extras)))}{']' if extras else ''}=={__version__}"


def _baseline(target: Target, given: str | None, known: Facts) -> str:
    """The place that was asked for, else the one of the configuration if the target can have it, else its usual one."""
    if given is not None and given not in target.baselines:
        can = f"it can be {' or '.join(target.baselines)}" if target.baselines else "leave it out"
        raise UsageError(f"{target.name} cannot keep baselines in {given!r}", where="--baseline", hint=can)
    configured = _STORES.get(known.store, "")
    usual = target.baselines[0] if target.baselines else ""
    return given or (configured if configured in target.baselines else usual)


def _again(arguments: Sequence[str]) -> str:
    """The command that makes the same file: where it was written to is no part of that."""
    kept, skip = [], False
    for each in arguments:
        if not skip and each != "--force" and not each.startswith("--output"):
            kept.append(each)
        skip = each == "--output"
    return shlex.join(["perfreg-templates", *kept])
