"""What a template is filled with: plain data, whoever asked for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from perfreg.errors import UsageError
from perfreg.templating.backing import Backing, checked_image

_PYTHON = re.compile(r"3\.[1-9][0-9](\.[0-9]{1,2})?")
_CRON = re.compile(r"[0-9A-Za-z*/,#-]{1,60}")
_ENVIRONMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9 _./-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One job of the matrix: ``slug`` names its job and files, ``scenario`` is the glob of what it measures."""

    slug: str
    scenario: str


EVERYTHING = (Leg(slug="all", scenario="*"),)
"""The only leg where nobody knows the scenarios."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The service under test, for those who start it in a container: shell commands with a port of ``port``."""

    start: str
    build: str = ""
    ready_path: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The values of a template; ``options`` are those that only one target has."""

    version: str
    command: str
    config: str = "perfreg.yml"
    legs: tuple[Leg, ...] = EVERYTHING
    branch: str = "main"
    python: str = "3.13"
    image: str = ""
    package: str = ""
    services: tuple[Backing, ...] = ()
    schedule: str = ""
    deploy_gate: bool = False
    baseline: str = ""
    environment: str = ""
    environments: tuple[str, ...] = ()
    fail_on_regression: bool = True
    served: Served | None = None
    document: str = "{}"
    variables: tuple[str, ...] = ()
    runner: str = ""
    action: str = ""
    options: Mapping[str, str | int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _expect(_PYTHON, self.python, "--python", "a version of Python such as 3.13")
        if self.image:
            checked_image(self.image, "--image")
        if self.schedule:
            checked_schedule(self.schedule)
        for name in (self.environment, *self.environments):
            if name:
                _expect(_ENVIRONMENT, name, "--environment", "the name of an environment")

    @property
    def addresses(self) -> dict[str, str]:
        """The variables that the addresses of the services go to, for other containers."""
        return {name: each.inside for each in self.services for name in each.variables}

    @property
    def choices(self) -> tuple[str, ...]:
        """What a form offers as environments: none, and those that the configuration has."""
        return tuple(dict.fromkeys((self.environment, "", *self.environments)))

    @property
    def places_inside(self) -> str:
        """Hosts and ports of the services for other containers, of those that have a port."""
        return " ".join(f"{each.host}:{each.port}" for each in self.services if each.port)

    @property
    def places_outside(self) -> str:
        """Hosts and ports of the services for the machine that they run on."""
        return " ".join(f"127.0.0.1:{each.published}" for each in self.services if each.published)


def checked_schedule(text: str) -> str:
    """``text`` if it has the five fields of cron. Raises `UsageError`."""
    fields = text.split(" ")
    if len(fields) != 5 or not all(_CRON.fullmatch(each) for each in fields):
        hint = "write five fields, as '17 3 * * *' for 3:17 every night (UTC)"
        raise UsageError(f"{text!r} is no schedule of cron", where="--schedule", hint=hint)
    return text


def _expect(pattern: re.Pattern[str], text: str, where: str, what: str) -> None:
    if not pattern.fullmatch(text):
        raise UsageError(f"{text!r} is not {what}", where=where)
