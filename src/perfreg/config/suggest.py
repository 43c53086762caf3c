"""What somebody probably meant to write."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LISTED = 40


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that looks most like ``word``, or shares a part of its name with it."""
    names = sorted(known)
    short = word[:100]
    by_case = {name.lower(): name for name in names}
    similar = difflib.get_close_matches(short.lower(), by_case, n=1, cutoff=0.6)
    if similar:
        return by_case[similar[0]]
    parts = {part for part in short.lower().split("_") if len(part) > 2}
    related = [name for name in names if parts & set(name.lower().split("_"))]
    return related[0] if len(related) == 1 else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean 'x'?``, or the list of what is known when nothing is close; empty when nothing is known."""
    names = sorted(known)
    match = closest(word, names)
    if match is not None:
        return f"did you mean {match!r}?"
    rest = ", …" if len(names) > _LISTED else ""
    return f"known: {', '.join(names[:_LISTED])}{rest}" if names else ""
