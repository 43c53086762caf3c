"""Parts that other packages add through entry points: scenario kinds, load engines, report formats."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import TypeVar

from perfreg.errors import UsageError

Part = TypeVar("Part")


def extended(group: str, builtin: Mapping[str, Part]) -> dict[str, Part]:
    """``builtin`` and what installed packages register under the entry-point ``group``, by name.

    Raises `UsageError` when one takes a name that is taken, or cannot be loaded: half a configuration is no answer.
    """
    parts = dict(builtin)
    for point in entry_points(group=group):
        where = f"entry point {point.name!r} of {group}"
        if point.name in parts:
            hint = f"uninstall the package behind {point.value}"
            raise UsageError(f"the name {point.name!r} is taken", where=where, hint=hint)
        try:
            parts[point.name] = point.load()
        except (ImportError, AttributeError) as error:
            hint = "repair or uninstall its package"
            raise UsageError(f"cannot be loaded: {error}", where=where, hint=hint) from error
    return parts
