"""What a format of histories is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from perfreg.errors import InputError
from perfreg.model.run import Run

Files = Mapping[str, str]
"""The text of the files that a user gave, by path, with ``/`` between its parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Another tool's past as runs, oldest first; ``warnings`` are sentences about what was not taken over as it was."""

    runs: tuple[Run, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFormat:
    """One registered format.

    ``recognises`` tells whether files look like it and never raises; ``read`` raises `InputError` naming file and place
    when they are not what they look like.
    """

    name: str
    summary: str
    recognises: Callable[[Files], bool]
    read: Callable[[Files], Imported]


def chosen(files: Files, belongs: Callable[[str], bool], what: str) -> Files:
    """The files whose text ``belongs`` to a format, in order of their paths. Raises `InputError` when none does."""
    found = {path: content for path, content in sorted(files.items()) if belongs(content)}
    if not found:
        raise InputError(f"none of the files holds {what}")
    return found
