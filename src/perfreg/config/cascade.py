"""The layers of a configuration: defaults < file < overlay < environment variables < flags.

Defaults are those of the models; every other layer is laid over the one before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from perfreg.config.document import Document, KeyPath, kind_of
from perfreg.config.expand import ExpansionError, expand
from perfreg.config.tree import Place, Tree
from perfreg.config.variables import SCENARIO_KEYS, Override

_OVERLAYS = "environments"
_OF_THE_FILE = ("$schema", _OVERLAYS)
_NOT_IN_OVERLAYS = ("environment", _OVERLAYS)


def overlays(document: Document) -> dict[str, dict[str, Any]]:
    """The overlays of a file by name; what cannot be one is noted among the problems of the document."""
    given = document.data.get(_OVERLAYS)
    if not isinstance(given, dict):
        if _OVERLAYS in document.data:
            message = f"must be a mapping of names to overlays, got {kind_of(given)}"
            document.complain((_OVERLAYS,), message)
        return {}
    found = {}
    for name, overlay in given.items():
        if overlay is not None and not isinstance(overlay, dict):
            document.complain((_OVERLAYS, name), f"must be a mapping of keys to values, got {kind_of(overlay)}")
            continue
        for key in _NOT_IN_OVERLAYS:
            if key in (overlay or {}):
                document.complain((_OVERLAYS, name, key), "is no key of an overlay")
        found[name] = {key: value for key, value in (overlay or {}).items() if key not in _NOT_IN_OVERLAYS}
    return found


def environment_name(document: Document, env: Mapping[str, str], argument: str | None) -> str | None:
    """The environment that is measured: the argument, PERFREG_ENVIRONMENT, or the key of the file."""
    name = argument or env.get("PERFREG_ENVIRONMENT", "").strip() or document.data.get("environment")
    if not isinstance(name, str):
        return None
    with suppress(ExpansionError):  # the expansion of the whole file reports it, with its line
        return expand(name, env)
    return None


def flag_overrides(flags: Mapping[str, object], environment: str | None) -> list[Override]:
    """Flags as overrides. Their names are key paths such as ``gate.fail_on``; None stands for a flag not given.

    A list adds to the list of the file: it comes from a flag that may be repeated.
    """
    given = {"environment": environment or None, **flags}
    return [
        Override(
            path=tuple(name.split(".")),
            value=value,
            where=_flag(name),
            layer="flag",
            scenario_key=SCENARIO_KEYS.get(name, ""),
        )
        for name, value in given.items()
        if value is not None
    ]


def cascade(document: Document, overlay: tuple[str, Mapping[str, Any]] | None, overrides: Sequence[Override]) -> Tree:
    """Merge the file, one overlay (its name and its keys), and the overrides, the strongest last."""
    tree = Tree(Place(layer="file", where=document.name))
    own = {key: value for key, value in document.data.items() if key not in _OF_THE_FILE}
    tree.lay(own, lambda path: Place(layer="file", where=document.where(path), line=document.line(path)))
    if overlay is not None:
        prefix: KeyPath = (_OVERLAYS, overlay[0])
        tree.lay(overlay[1], lambda path: _in_overlay(document, prefix, path))
    for override in overrides:
        _override(tree, override)
    return tree


def _in_overlay(document: Document, prefix: KeyPath, path: KeyPath) -> Place:
    full = (*prefix, *path)
    return Place(layer="overlay", where=document.where(full), line=document.line(full), prefix=prefix)


def _override(tree: Tree, override: Override) -> None:
    place = Place(layer=override.layer, where=override.where)
    value, below = override.value, tree.at(override.path)
    if override.layer == "flag" and isinstance(value, list | tuple) and below is not None:
        value = [*(below if isinstance(below, list) else [below]), *value]
    tree.lay(value, lambda _: place, override.path)
    scenarios = tree.data.get("test_scenarios")
    for index, scenario in enumerate(scenarios if isinstance(scenarios, list) else ()):
        if isinstance(scenario, dict) and override.scenario_key in scenario:
            tree.lay(value, lambda _: place, ("test_scenarios", index, override.scenario_key))


def _flag(name: str) -> str:
    return f"--{name.rpartition('.')[2].replace('_', '-')}"
