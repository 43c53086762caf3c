"""Environment variables that override keys of the configuration. An empty variable counts as unset."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pydantic import BaseModel

from perfreg.config.document import KeyPath, shorten
from perfreg.config.fields import annotation_at, keys_at, takes_list_of_text, takes_text
from perfreg.config.suggest import closest
from perfreg.config.tree import LayerName
from perfreg.errors import Problem

PREFIX = "PERFREG_"

TOKENS = ("PERFREG_TOKEN", "PERFREG_JOB_TOKEN")
"""Variables that hold credentials of the store: what is measured must not see them."""

OWN = (
    *TOKENS,
    *(
        "PERFREG_ACT",
        "PERFREG_ACTIONLINT",
        "PERFREG_CACHE",
        "PERFREG_COMMIT",
        "PERFREG_COMMONS_CSV",
        "PERFREG_FORGE",
        "PERFREG_FORGE_URL",
        "PERFREG_GITEA*",
        "PERFREG_JOB_INDEX",
        "PERFREG_JOB_TOTAL",
        "PERFREG_JUNIT_XSD",
        "PERFREG_K6",
        "PERFREG_PULL_REQUEST",
        "PERFREG_PYTHON",
        "PERFREG_REPOSITORY",
        "PERFREG_SERVICE_[!_]*",
        "PERFREG_UPDATE_GOLDEN",
    ),
)
"""Variables with this prefix that perfreg, its Action or its tests set or read: they name no key."""

_KEYS: Mapping[str, KeyPath] = {
    "PERF_TEST_DURATION": ("test_duration",),
    "PERF_CONCURRENT_USERS": ("concurrent_users",),
    "STRESS_MULTIPLIER": ("stress_multiplier",),
    "PERFORMANCE_THRESHOLD": ("regression_threshold",),
    "SIGNIFICANCE_LEVEL": ("significance_level",),
    "ENABLE_PERFORMANCE_GATES": ("gate", "enabled"),
    "FAIL_ON_CRITICAL_REGRESSION": ("gate", "fail_on_critical_regression"),
}
SCENARIO_KEYS = {"test_duration": "duration", "concurrent_users": "concurrent_users"}
"""What these two replace in every scenario that has a value of its own, when a variable or a flag gives them."""

_IN_FILE = "set it in the file"
_BOOLEANS = {
    **dict.fromkeys(("1", "true", "t", "yes", "y", "on"), True),
    **dict.fromkeys(("0", "false", "f", "no", "n", "off"), False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A value for the key at ``path``; ``scenario_key`` is a key of scenarios that it replaces as well."""

    path: KeyPath
    value: object
    where: str
    scenario_key: str = ""
    layer: LayerName = "variable"


@dataclass(slots=True, kw_only=True)
class Variables:
    """What the environment says: what each key is overridden with, and what else it asks for."""

    overrides: list[Override] = field(default_factory=list)
    selection: tuple[str, ...] = ()
    establish_baselines: bool = False
    problems: list[Problem] = field(default_factory=list)


def read(env: Mapping[str, str], model: type[BaseModel]) -> Variables:
    """What ``env`` overrides in a configuration of this ``model``; ``PERFREG_`` variables win over the others."""
    found = Variables(selection=_split(env.get("PERF_TEST_SCENARIO", "")))
    given = {name: value.strip() for name, value in env.items() if value.strip()}
    for name, path in _KEYS.items():
        if name in given:
            value = _attempt(name, given[name], _percent if name == "PERFORMANCE_THRESHOLD" else str, found)
            if value is not None:
                where, key = _where(name), SCENARIO_KEYS.get(str(path[-1]), "")
                found.overrides.append(Override(path=path, value=value, where=where, scenario_key=key))
    if "ESTABLISH_BASELINES" in given:
        answer = _attempt("ESTABLISH_BASELINES", given["ESTABLISH_BASELINES"], _boolean, found)
        found.establish_baselines = answer is True
    for name in sorted(given):
        if name.startswith(PREFIX) and not any(fnmatchcase(name, own) for own in OWN):
            _named_key(name, given[name], model, found)
    return found


def _where(name: str) -> str:
    return f"environment variable {name}"


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _attempt(name: str, text: str, convert: Callable[[str], object], found: Variables) -> object:
    try:
        return convert(text)
    except ValueError as error:
        found.problems.append(Problem(where=_where(name), path="", message=str(error)))
        return None


def _percent(text: str) -> float:
    """The percentage that a ratio such as 1.15 allows."""
    try:
        ratio = float(text)
    except ValueError:
        ratio = math.nan
    if not 1 <= ratio < math.inf:
        raise ValueError(f"must be a ratio of at least 1, such as 1.15, got {shorten(repr(text))}")
    return round((ratio - 1) * 100, 9)


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ValueError(f"must be true or false, got {shorten(repr(text))}")
    return _BOOLEANS[text.lower()]


def _named_key(name: str, text: str, model: type[BaseModel], found: Variables) -> None:
    """Read ``PERFREG_GATE__FAIL_ON`` as the key ``gate.fail_on``."""
    path = tuple(name[len(PREFIX) :].lower().split("__"))
    for depth, part in enumerate(path):
        known = keys_at(model, path[:depth])
        if part not in known:
            found.problems.append(_unknown(name, path[:depth], part, known))
            return
    annotation = annotation_at(model, path)
    if takes_text(annotation):
        found.overrides.append(Override(path=path, value=text, where=_where(name)))
    elif takes_list_of_text(annotation):
        found.overrides.append(Override(path=path, value=list(_split(text)), where=_where(name)))
    else:
        message = "names a group of keys, which no variable can hold"
        found.problems.append(Problem(where=_where(name), path="", message=message, hint=_IN_FILE))


def _unknown(name: str, above: tuple[str, ...], part: str, known: tuple[str, ...]) -> Problem:
    names = {key: PREFIX + "__".join((*above, key)).upper() for key in known}
    guess = closest(part, known)
    hint = f"did you mean {names[guess]}?" if guess else f"known: {', '.join(names.values())}" if known else _IN_FILE
    return Problem(where=_where(name), path="", message="names no key of the configuration", hint=hint)
