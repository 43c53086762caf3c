"""What a configuration tells a template: its scenarios, databases, service and defaults.

It is read as it is written, without the values of its variables: those are known in the CI system, not here. Keys that
are missing or wrong are left to `perfreg run`, which says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from perfreg.templating.backing import Backing, of_scheme
from perfreg.templating.settings import EVERYTHING, Leg, Served

MOST_LEGS = 100
"""With more scenarios than this there is one leg for all: CI systems limit a matrix, and each leg is a job."""

PORT = 8080
"""The port of a service that is started in a container of its own."""

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?P<default>[^}]*))?\}")
_TAKEN = {
    *("HOME", "HOSTNAME", "LANG", "PATH", "PWD", "SHELL", "TMPDIR", "USER"),
    *("CI_COMMIT_BRANCH", "CI_COMMIT_SHA", "DEPLOY_SCRIPT", "ESTABLISH_BASELINES"),
}
"""Variables that mean something already; so do all that begin with PERF."""
_REFERENCE = re.compile(r"(?<!\$)\$\{[A-Za-z_][^}]*\}")
_GLOB = re.compile(r"[$*?\[]")
_ADDRESS = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(?P<host>\[[^\]/]*\]|[^/?#:]*)(?::[0-9]*)?(?P<path>/[^#]*)?"
)
_NEAR = {"localhost", "127.0.0.1", "::1", ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a configuration says. ``drivers`` are the extras of the package it needs, ``variables`` what it takes from
    its environment, ``document`` is itself for a container beside the service, ``warnings`` are whole sentences.
    """

    legs: tuple[Leg, ...] = EVERYTHING
    databases: tuple[Backing, ...] = ()
    drivers: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    store: str = ""
    branch: str = ""
    fail_on_regression: bool = True
    served: Served | None = None
    document: str = "{}"
    variables: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def facts(data: Mapping[str, Any]) -> Facts:
    """What the configuration ``data`` says."""
    scenarios = [each for each in _list(data.get("test_scenarios")) if isinstance(each, dict)]
    baseline = _mapping(data.get("baseline"))
    found = [_database(each) for each in scenarios if each.get("type") == "database"]
    databases = tuple(each.backing for each in found if each.backing is not None)
    document = _elsewhere(data)
    return Facts(
        legs=_legs([each["name"] for each in scenarios if isinstance(each.get("name"), str)]),
        databases=databases,
        drivers=_drivers(scenarios, found),
        environments=tuple(str(name) for name in _mapping(data.get("environments"))),
        store=_text(baseline.get("store")),
        branch=_text(baseline.get("base_branch")),
        fail_on_regression=data.get("fail_on_regression") is not False,
        served=_served(_mapping(data.get("service"))),
        document=document,
        variables=_variables(document, databases),
        warnings=tuple(each.warning for each in found if each.warning),
    )


def _legs(names: list[str]) -> tuple[Leg, ...]:
    if not names or len(names) > MOST_LEGS:
        return EVERYTHING
    taken: set[str] = set()
    return tuple(Leg(slug=_slug(name, taken), scenario=_exactly(name)) for name in names)


def _slug(name: str, taken: set[str]) -> str:
    """A name of lower-case letters, digits and underscores that begins with a letter and is not ``taken``."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40] or "scenario"
    plain = plain if plain[0].isalpha() else f"s{plain}"
    slug, number = plain, 1
    while slug in taken:
        number += 1
        slug = f"{plain}_{number}"
    taken.add(slug)
    return slug


def _exactly(name: str) -> str:
    """The glob that matches ``name`` alone, without a dollar that a CI system could take for its own.

    What stands for a variable may be anything; a dollar that stands for itself is doubled in the configuration.
    """
    parts = _REFERENCE.split(name)
    return "*".join(_GLOB.sub(lambda found: f"[{found[0]}]", part.replace("$${", "${")) for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Database:
    scheme: str = ""
    backing: Backing | None = None
    warning: str = ""


def _database(scenario: Mapping[str, Any]) -> _Database:
    """The database that a scenario asks, and the container it needs: none for what is elsewhere or a file."""
    text = _text(scenario.get("connection_string"))
    variable = _VARIABLE.fullmatch(text)
    address = (variable["default"] or "") if variable else text
    scheme = address.partition(":")[0].partition("+")[0].lower()
    backing = of_scheme(scheme)
    if backing is None:
        return _Database(scheme=scheme)
    if variable and not variable["name"].startswith("PERF") and variable["name"] not in _TAKEN:
        return _Database(scheme=scheme, backing=replace(backing, variables=(variable["name"],)))
    if not _is_near(address):
        return _Database(scheme=scheme)
    name = repr(scenario.get("name", "?"))
    warning = (
        f"scenario {name} has a fixed connection_string; write ${{DATABASE_URL:-{scheme}://…}}, so that it finds the "
        "database of the CI system"
    )
    return _Database(scheme=scheme, backing=backing, warning=warning)


def _is_near(address: str) -> bool:
    found = _ADDRESS.match(address)
    return found is not None and found["host"].strip("[]").lower() in _NEAR


def _drivers(scenarios: list[dict[str, Any]], databases: list[_Database]) -> tuple[str, ...]:
    extras = {"postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql", "mariadb": "mysql"}
    needed = {extras[each.scheme] for each in databases if each.scheme in extras}
    if any(each.get("engine") == "locust" for each in scenarios):
        needed.add("locust")
    return tuple(sorted(needed))


def _served(service: Mapping[str, Any]) -> Served | None:
    start = _text(service.get("start"))
    if not start:
        return None
    ready = _ADDRESS.match(_filled(_text(_mapping(service.get("ready")).get("url"))))
    return Served(
        start=_filled(start),
        build=_filled(_text(service.get("build"))),
        ready_path=(ready["path"] or "/") if ready else "",
        env={str(name): _filled(str(value)) for name, value in _mapping(service.get("env")).items()},
    )


def _filled(text: str) -> str:
    return text.replace("{port}", str(PORT))


def _elsewhere(data: Mapping[str, Any]) -> str:
    """The configuration for a container beside the service, as JSON: what starts and stores runs is no part of it."""
    kept = {
        key: value for key, value in data.items() if key not in {"$schema", "baseline", "baseline_storage", "service"}
    }
    return json.dumps(kept, indent=2, ensure_ascii=True)


def _variables(document: str, databases: tuple[Backing, ...]) -> tuple[str, ...]:
    """The variables that the configuration leaves to its environment, but for what databases fill in."""
    known = {name for each in databases for name in each.variables} | _TAKEN
    found = (each["name"] for each in _VARIABLE.finditer(document))
    return tuple(sorted({name for name in found if not name.startswith("PERF")} - known))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Iterator[Any]:
    return iter(value if isinstance(value, list) else ())
