"""Layers of a configuration merged into one tree, in which every key remembers where it comes from."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from perfreg.config.document import KeyPath, holds

LayerName = Literal["file", "overlay", "variable", "flag"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a value was written: ``where`` for people, ``line`` for the order of problems.

    ``prefix`` are the keys above it in the file that the merged tree does not have.
    """

    layer: LayerName
    where: str
    line: int = 0
    prefix: KeyPath = ()


class Tree:
    """The merged ``data``. Mappings merge key by key; anything else, lists included, replaces what was there."""

    def __init__(self, root: Place) -> None:
        self.data: dict[str, Any] = {}
        self._places: dict[KeyPath, Place] = {(): root}

    def place(self, path: KeyPath) -> Place:
        """The place of the value at ``path``, or of the nearest key above it."""
        while path not in self._places:
            path = path[:-1]
        return self._places[path]

    def lay(self, value: object, place_of: Callable[[KeyPath], Place], path: KeyPath = ()) -> None:
        """Put ``value`` at ``path``, over what is there."""
        if isinstance(value, dict) and isinstance(self.at(path), dict):
            for key, part in value.items():
                self.lay(part, place_of, (*path, key))
            return
        owner = self._owner(path)
        if owner is None:
            return
        if self.at(path) is not None:
            for stale in [known for known in self._places if known[: len(path)] == path]:
                del self._places[stale]
        owner[path[-1]] = copy.deepcopy(value)
        self._mark(value, place_of, path)

    def at(self, path: KeyPath) -> object:
        """The value at ``path``; None when there is none."""
        value: Any = self.data
        for part in path:
            if not holds(value, part):
                return None
            value = value[part]
        return value

    def _owner(self, path: KeyPath) -> Any:
        """The container that holds the last key of ``path``; None when something else is in the way."""
        value: Any = self.data
        for part in path[:-1]:
            if isinstance(value, dict) and value.get(str(part)) is None:
                value[str(part)] = {}
            if not holds(value, part):
                return None
            value = value[part]
        return value if isinstance(value, dict if isinstance(path[-1], str) else list) else None

    def _mark(self, value: object, place_of: Callable[[KeyPath], Place], path: KeyPath) -> None:
        self._places[path] = place_of(path)
        if isinstance(value, dict):
            for key, part in value.items():
                self._mark(part, place_of, (*path, key))
        elif isinstance(value, list):
            for index, part in enumerate(value):
                self._mark(part, place_of, (*path, index))
