"""Load a configuration: read, merge, expand and validate it, and report all of its problems at once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfreg.config import cascade, text, variables
from perfreg.config.decode import Decoding
from perfreg.config.document import Document
from perfreg.config.models import Config, Settings
from perfreg.config.scenarios import Kinds
from perfreg.config.secrecy import public
from perfreg.config.selection import select
from perfreg.config.suggest import did_you_mean
from perfreg.config.thresholds import Budget, load_thresholds, resolve
from perfreg.errors import ConfigError, Problem, UsageError
from perfreg.model.metric import Metric

__all__ = ["LoadedConfig", "budgets_of", "find", "load", "load_document", "select"]

NAMES = ("perfreg.yml", "perfreg.yaml", "perfreg.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedConfig:
    """A valid configuration and what was found out on the way to it.

    Relative paths of the configuration start at ``directory``. ``digest`` changes with everything but secrets.
    ``selection`` are the scenario globs of PERF_TEST_SCENARIO, ``establish_baselines`` is ESTABLISH_BASELINES.
    ``budgets`` are resolved from `thresholds` and `metrics`; ``metrics`` are all that the scenarios can report.
    """

    config: Config
    path: Path
    directory: Path
    digest: str
    metrics: Mapping[str, Metric] = field(repr=False)
    warnings: tuple[str, ...] = ()
    selection: tuple[str, ...] = ()
    establish_baselines: bool = False
    budgets: tuple[Budget, ...] = ()


def find(directory: Path) -> Path:
    """The configuration file of ``directory``. Raises `UsageError` when there is none."""
    for name in NAMES:
        if (directory / name).is_file():
            return directory / name
    message = f"there is no {', '.join(NAMES[:-1])} or {NAMES[-1]} in this directory"
    raise UsageError(message, where="configuration", hint="name the file with -c FILE")


def load(
    path: Path,
    *,
    kinds: Kinds,
    env: Mapping[str, str],
    environment: str | None = None,
    flags: Mapping[str, object] | None = None,
) -> LoadedConfig:
    """Load the configuration at ``path``: defaults < file < overlay < variables of ``env`` < ``flags``.

    ``kinds`` are the models of scenarios by type, ``environment`` chooses an overlay, ``flags`` go by key path
    (``gate.fail_on``); their lists add to those of the file. Raises `ConfigError` with every problem there is,
    `UsageError` when the file cannot be read.
    """
    return load_document(
        text.read(path), path=path, kinds=kinds, env=env, environment=environment, flags=flags or {}
    )  # fmt: skip


def load_document(
    document: Document,
    *,
    path: Path,
    kinds: Kinds,
    env: Mapping[str, str],
    environment: str | None = None,
    flags: Mapping[str, object],
) -> LoadedConfig:
    """As `load`, for a document that was read already, or never was in the file ``path`` that it stands for."""
    directory = path.absolute().parent
    found = variables.read(env, Settings)
    overlays = cascade.overlays(document)
    name = cascade.environment_name(document, env, environment)
    overrides = [*found.overrides, *cascade.flag_overrides(flags, environment)]
    tree = cascade.cascade(document, (name, overlays[name]) if name in overlays else None, overrides)
    decoding = Decoding(tree, kinds, env, directory)
    if overlays and name is not None and name not in overlays:
        hint = f"{did_you_mean(name, overlays)} An empty overlay of that name will do"
        decoding.report.add(("environment",), f"{name!r} has no overlay under environments", hint)
    problems = [*document.problems, *found.problems, *decoding.problems()]
    for other in overlays.keys() - {name}:
        alternative = cascade.cascade(document, (other, overlays[other]), ())
        problems += Decoding(alternative, kinds, env, directory).overlay_problems()
    if decoding.config is None or problems:
        raise ConfigError(_in_order(problems, document.name))
    return LoadedConfig(
        config=decoding.config,
        path=path,
        directory=directory,
        digest=_digest(tree.data),
        warnings=_warnings(decoding.config),
        selection=found.selection,
        establish_baselines=found.establish_baselines,
        budgets=decoding.budgets,
        metrics=decoding.metrics,
    )


def budgets_of(loaded: LoadedConfig, thresholds: Path | None = None) -> tuple[Budget, ...]:
    """The budgets of a configuration; those of the file ``thresholds`` come in place of its own `thresholds`.

    Raises `ConfigError` or `UsageError` when that file cannot be used.
    """
    if thresholds is None:
        return loaded.budgets
    names = [spec.name for spec in loaded.config.test_scenarios]
    given = load_thresholds(thresholds, scenarios=names, metrics=loaded.metrics)
    rules = resolve(loaded.config.metrics, scenarios=names, metrics=loaded.metrics, complain=lambda *_: None)
    return (*given, *rules)


def _in_order(problems: Iterable[Problem], name: str) -> tuple[Problem, ...]:
    """Without repetitions: those of the file ``name`` by line, those of other files, the rest."""

    def rank(problem: Problem) -> tuple[int, str, int]:
        found = re.fullmatch(r"(.*?)(?::(\d+))?(?::\d+)?", problem.where, re.DOTALL)
        file, line = (found[1], int(found[2] or 0)) if found else ("", 0)
        return (0, "", line) if file == name else (1, file, line) if line else (2, "", 0)

    return tuple(sorted(dict.fromkeys(problems), key=rank))


def _digest(data: Mapping[str, Any]) -> str:
    """A hash of the configuration as written, variables unexpanded: no secret goes into it."""
    canonical = json.dumps(public(data), sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _warnings(config: Config) -> tuple[str, ...]:
    if config.enable_alerts:
        return ("enable_alerts is on, but this version has no alert channels: nothing will be sent",)
    return ()
