"""The cookies of one user."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime
from typing import final

_MOST = 100
_LONGEST = 8192
_SAFE = re.compile(r"[\x20-\x7e]*")


@final
class CookieJar:
    """Name and value by path; all calls of a user go to one server, so there are no domains."""

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str], str] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._cookies.clear()

    def store(self, line: str) -> None:
        """Take in the value of a ``Set-Cookie`` header; what is not well-formed is left out."""
        first, *attributes = (part.strip() for part in line.split(";"))
        name, equals, value = first.partition("=")
        if not name or not equals or len(line) > _LONGEST or not _SAFE.fullmatch(first):
            return
        given = dict(part.lower().partition("=")[::2] for part in attributes)
        path = next((part[5:] for part in attributes if part.lower().startswith("path=/")), "/")
        if _is_over(given):
            self._cookies.pop((name, path), None)
        elif len(self._cookies) < _MOST or (name, path) in self._cookies:
            self._cookies[name, path] = value

    def header(self, path: str) -> bytes:
        """The header line for a request to ``path``; nothing without cookies."""
        pairs = [f"{name}={value}" for (name, below), value in self._cookies.items() if _is_below(path, below)]
        return f"cookie: {'; '.join(pairs)}\r\n".encode("ascii") if pairs else b""


def _is_below(path: str, prefix: str) -> bool:
    return path.startswith(prefix) and (prefix.endswith("/") or path[len(prefix) : len(prefix) + 1] in ("", "/", "?"))


def _is_over(attributes: dict[str, str]) -> bool:
    """Whether a cookie is to be deleted."""
    if age := attributes.get("max-age"):
        return age.startswith("-") or age.strip() == "0"
    try:
        return "expires" in attributes and parsedate_to_datetime(attributes["expires"]).timestamp() < time.time()
    except ValueError:
        return False
