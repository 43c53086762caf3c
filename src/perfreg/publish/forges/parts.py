"""Reading answers with care: nothing of them is trusted to be there."""

from __future__ import annotations

import re
from typing import Any

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PAGE = re.compile(r"https?://[A-Za-z0-9.:-]{1,255}(?:/[A-Za-z0-9._~%/?=&;:@+-]{0,1000})?(?:#[A-Za-z0-9_-]{0,60})?")


def part(document: Any, *path: str) -> Any:
    """What is at ``path``, or None."""
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def text(document: Any, *path: str) -> str:
    """The text at ``path``, or an empty one."""
    found = part(document, *path)
    return found if isinstance(found, str) else ""


def number(document: Any, *path: str) -> int:
    """The number at ``path`` if that names something, or 0."""
    found = part(document, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 < found < 1 << 63 else 0


def counted(value: str) -> int:
    """The number that a variable holds, or 0."""
    return int(value) if value.isascii() and value.isdigit() and 0 < len(value) <= 12 else 0


def commit(value: str) -> str:
    """``value`` if it is a commit."""
    return value if _COMMIT.fullmatch(value) else ""


def page(value: str) -> str:
    """``value`` if it is an address that a link in Markdown may have."""
    return value if _PAGE.fullmatch(value) else ""


def shortened(value: str, limit: int) -> str:
    """``value`` in so many characters."""
    return value if len(value) <= limit else value[: limit - 1].rstrip() + "…"
