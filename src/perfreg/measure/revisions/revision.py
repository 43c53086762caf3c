"""One of the two trees that are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

AS_IT_IS = "."
"""The name of the tree as it lies in the work tree, with all that is not committed."""

Report = Callable[[str], None]
"""Called with a few words when something begins that takes long; must return at once."""


def silent(words: str) -> None:
    """A report nobody asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a user's name for a revision means.

    ``ref`` is as the user wrote it, "." for the tree as it is. ``commit`` is the full id, for "." the one of HEAD,
    empty where there is no git. ``dirty`` says that the tree differs from the commit, untracked files included.
    ``note`` is worth showing, for one where the commit was fetched from.
    """

    ref: str
    commit: str
    dirty: bool = False
    note: str = ""
