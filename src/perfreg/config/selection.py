"""Which of the scenarios are measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from perfreg.config.base import ScenarioSpec
from perfreg.config.models import Config
from perfreg.config.suggest import did_you_mean
from perfreg.errors import UsageError


def select(
    config: Config, *, names: Sequence[str] = (), tags: Sequence[str] = (), components: Sequence[str] = ()
) -> tuple[ScenarioSpec, ...]:
    """The scenarios whose name, tag and component match a glob of each list that is not empty.

    Raises `UsageError` when a glob matches nothing at all, or when nothing matches all lists.
    """
    chosen = list(config.test_scenarios)
    for what, globs, labels in (
        ("scenario", names, _names),
        ("tag", tags, _tags),
        ("component", components, _components),
    ):
        _expect_all(what, globs, [label for spec in config.test_scenarios for label in labels(spec)])
        if globs:
            chosen = [spec for spec in chosen if any(_matches(glob, label) for glob in globs for label in labels(spec))]
    if not chosen:
        raise UsageError("no scenario has the chosen name, tag and component at once", hint="choose less")
    return tuple(chosen)


_Labels = Callable[[ScenarioSpec], Sequence[str]]


def _names(spec: ScenarioSpec) -> Sequence[str]:
    return (spec.name,)


def _tags(spec: ScenarioSpec) -> Sequence[str]:
    return spec.tags


def _components(spec: ScenarioSpec) -> Sequence[str]:
    return (spec.component,) if spec.component else ()


def _matches(glob: str, label: str) -> bool:
    return glob == label or fnmatchcase(label, glob)


def _expect_all(what: str, globs: Sequence[str], labels: Sequence[str]) -> None:
    for glob in globs:
        if not any(_matches(glob, label) for label in labels):
            hint = did_you_mean(glob, set(labels)) or f"no scenario has a {what}"
            raise UsageError(f"no {what} matches {glob!r}", hint=hint)
