"""Configurations for tests: two kinds of scenarios of their own, and files to load."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import ClassVar, Literal

import pytest

from perfreg.config.base import ScenarioSpec
from perfreg.config.load import LoadedConfig, load
from perfreg.config.quantity import Seconds
from perfreg.errors import ConfigError, Problem
from perfreg.model.metric import Metric


class WebSpec(ScenarioSpec):
    """A kind that takes defaults from the top level."""

    inherits: ClassVar[frozenset[str]] = frozenset({"duration", "concurrent_users"})

    type: Literal["web"]
    endpoint: str
    headers: dict[str, str] = {}
    body: str | dict[str, object] | None = None
    port: int | None = None
    accept: int | tuple[int, ...] | None = None
    duration: Seconds | None = None
    concurrent_users: int | None = None


class JobSpec(ScenarioSpec):
    """A kind with a key for the shell, a metric of its own and no defaults from the top level."""

    shell: ClassVar[frozenset[str]] = frozenset({"run"})

    type: Literal["job"]
    run: str | tuple[str, ...]
    concurrent_users: int | None = None

    def custom_metrics(self) -> tuple[Metric, ...]:
        """One metric that the catalogue does not know."""
        return (Metric(name="cake_eaten", unit="slices", direction="higher"),)


KINDS: Mapping[str, type[ScenarioSpec]] = {"web": WebSpec, "job": JobSpec}

SCENARIOS = "test_scenarios: [{name: home, type: web, endpoint: /}]\n"
"""The least that a configuration needs."""


def load_text(
    directory: Path,
    text: str,
    *,
    name: str = "perfreg.yml",
    env: Mapping[str, str] | None = None,
    environment: str | None = None,
    flags: Mapping[str, object] | None = None,
) -> LoadedConfig:
    """Write a file of this text and load it."""
    path = directory / name
    path.write_text(dedent(text), encoding="utf-8")
    return load(path, kinds=KINDS, env=env or {}, environment=environment, flags=flags)


def problems_of(
    directory: Path,
    text: str,
    *,
    name: str = "perfreg.yml",
    env: Mapping[str, str] | None = None,
    environment: str | None = None,
) -> tuple[Problem, ...]:
    """The problems that loading this text reports, with file names instead of paths."""
    with pytest.raises(ConfigError) as caught:
        load_text(directory, text, name=name, env=env, environment=environment)
    return caught.value.problems


def lines_of(directory: Path, problems: tuple[Problem, ...]) -> list[str]:
    """Problems as users see them, without the directory."""
    return [str(problem).replace(f"{directory}/", "") for problem in problems]
