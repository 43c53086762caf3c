"""Foreign names made fit for reports, file names and globs."""

from __future__ import annotations

import hashlib
import re

NAME_LIMIT = 200
"""The length of a scenario's name, as in a configuration."""

_RUNS_OF_DIGITS = re.compile(r"([0-9]+)")


def one_line(text: str) -> str:
    """``text`` on one line, in printable characters alone, with single spaces."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())


def fitted(name: str, ending: str = "") -> str:
    """A name of at most 200 characters with ``ending``; a longer one is cut, and kept apart from others by a digest."""
    name = one_line(name) or "unnamed"
    room = NAME_LIMIT - len(ending)
    if len(name) > room:
        name = f"{name[: room - 9].rstrip()}~{_digest(name)}"
    return name + ending


def identifier(text: str) -> str:
    """``text`` as the name of a metric: lower-case letters, digits and single underscores, perhaps nothing."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return name if len(name) <= 60 else f"{name[:50].rstrip('_')}_{_digest(name)}"


def key(*parts: str) -> str:
    """Parts joined to a key of letters, digits, dots, underscores and hyphens; empty parts are left out."""
    name = "-".join(re.sub(r"[^A-Za-z0-9._]+", "-", part).strip("-") for part in parts if part)
    return name if len(name) <= 100 else f"{name[:90].rstrip('-')}-{_digest(name)}"


def natural(path: str) -> list[tuple[int, str]]:
    """Sorts ``run-9`` before ``run-10``."""
    pieces = _RUNS_OF_DIGITS.split(path)
    numbers = (piece.lstrip("0") if index % 2 else piece for index, piece in enumerate(pieces))
    return [(len(piece) if index % 2 else 0, piece) for index, piece in enumerate(numbers)]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]
