"""A parsed file: plain data, and the line that each of its keys stands on."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from perfreg.errors import ConfigError, Problem

KeyPath = tuple[str | int, ...]
"""Keys and list indexes from the top of a file down to one value."""

MAX_DEPTH = 40
MAX_VALUES = 50_000

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_$-]{1,80}")


@dataclass(slots=True, kw_only=True)
class Document:
    """One file. ``data`` holds text keys, lists, strings, finite numbers, booleans and nulls; nothing else.

    ``problems`` are defects that did not keep the rest from being read, such as a key that is defined twice.
    """

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: KeyPath) -> int:
        """The line of ``path``, or of the nearest key above it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def where(self, path: KeyPath) -> str:
        """``file:line`` of ``path``."""
        return f"{self.name}:{self.line(path)}"

    def define(self, path: KeyPath, line: int) -> None:
        """Note the place of a key; a second one of the same name is a problem."""
        if path in self.lines:
            self.complain(path, f"is defined twice, first on line {self.lines[path]}", line=line)
        self.lines[path] = line

    def complain(self, path: KeyPath, message: str, hint: str = "", *, line: int = 0) -> None:
        """Note a problem of the value at ``path``."""
        where = f"{self.name}:{line}" if line else self.where(path)
        self.problems.append(Problem(where=where, path=show_path(path), message=message, hint=hint))

    def fill(self, data: object) -> None:
        """Take over the file's value, which has to be a mapping of usable values."""
        if not isinstance(data, dict):
            fail(self.name, f"must be a mapping of keys to values, found {kind_of(data)}")
        self.data = data
        self._check(data, ())

    def _check(self, value: object, path: KeyPath) -> None:
        if len(path) > MAX_DEPTH:
            fail(self.where(path), "is nested too deeply")
        if isinstance(value, dict):
            for key, part in value.items():
                self._check(key, (*path, key))
                self._check(part, (*path, key))
        elif isinstance(value, list):
            for index, part in enumerate(value):
                self._check(part, (*path, index))
        elif isinstance(value, float) and not math.isfinite(value):
            self.complain(path, "must be a finite number")
        elif isinstance(value, str) and ("\0" in value or not _encodable(value)):
            self.complain(path, "has characters that are no text (NUL or half of a surrogate pair)")


def holds(value: object, part: str | int) -> bool:
    """Whether a mapping has the key, or a list the index, ``part``."""
    if isinstance(value, list):
        return isinstance(part, int) and 0 <= part < len(value)
    return isinstance(value, dict) and part in value


def fail(where: str, message: str, hint: str = "") -> NoReturn:
    """Give up on a file with one problem."""
    raise ConfigError((Problem(where=where, path="", message=message, hint=hint),))


def kind_of(value: object) -> str:
    """What a value is, in words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return "text" if isinstance(value, str) else "a number"


def show_path(path: KeyPath) -> str:
    """A key path as people write it: ``test_scenarios[0].endpoint``."""
    text = ""
    for part in path:
        if isinstance(part, str) and _PLAIN_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{shorten(repr(part))}]"
    return text


def shorten(text: str, limit: int = 80) -> str:
    """``text`` cut to at most ``limit`` characters."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
