"""The parts of a SQL text in which a semicolon or a colon means nothing: quotes and comments, by engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_DOLLAR = r"(?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$"
_QUOTED = {
    "postgresql": rf"(?<![\w$])[eE]'(?:[^'\\]|\\.)*'|'[^']*'|\"[^\"]*\"|{_DOLLAR}.*?\$(?P=tag)\$",
    "mysql": r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`",
    "sqlite": r"'[^']*'|\"[^\"]*\"|`[^`]*`|\[[^\]]*\]",
}
_COMMENT = {
    "postgresql": r"--[^\n]*",  # those in /* */ have others in them
    "mysql": r"--(?=\s|\Z)[^\n]*|\#[^\n]*|/\*(?!M?!).*?\*/",  # MySQL runs what is written in /*! */
    "sqlite": r"--[^\n]*|/\*.*?(?:\*/|\Z)",
}
_UNENDED = {"postgresql": rf"['\"]|/\*|{_DOLLAR.replace('tag', 'lost')}", "mysql": r"['\"`]|/\*(?!M?!)"}
_UNENDED["sqlite"] = r"['\"`]"
_ANY_COMMENT = r"--[^\n]*|/\*(?!M?!).*?\*/"
_NESTED = re.compile(r"/\*|\*/")
_NEVER = r"(?!)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What stands from ``start`` up to ``stop``; an ``end`` is a semicolon that ends a statement."""

    kind: Literal["quoted", "comment", "end"]
    start: int
    stop: int


class SqlTextError(ValueError):
    """A text that is no SQL, from character ``at`` on. ``hint`` is a sentence that mends it."""

    def __init__(self, message: str, at: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.hint = hint


def tokens(text: str, dialect: str) -> Iterator[Token]:
    """Everything that is quoted or a comment, and every semicolon that is neither, in their order.

    Raises `SqlTextError` for a quote or a comment that never ends. Nothing is known about an engine that is none of
    ours: there it is taken for what it may be.
    """
    pattern = _pattern(dialect)
    position = 0
    while match := pattern.search(text, position):
        start, position = match.span()
        if match["open"] == "/*" and dialect == "postgresql":
            position = _end_of_nested(text, start)
        elif match["open"]:
            raise _unended(match["open"], start)
        yield Token(kind=_kind(match), start=start, stop=position)


def _pattern(dialect: str) -> re.Pattern[str]:
    quoted = _QUOTED.get(dialect, _QUOTED["sqlite"])
    comment, unended = _COMMENT.get(dialect, _ANY_COMMENT), _UNENDED.get(dialect, _NEVER)
    source = f"(?P<comment>{comment})|(?P<quoted>{quoted})|(?P<end>;)|(?P<open>{unended})"
    return re.compile(source, re.DOTALL)  # kept by re itself


def _kind(match: re.Match[str]) -> Literal["quoted", "comment", "end"]:
    if match["end"]:
        return "end"
    return "quoted" if match["quoted"] else "comment"


def _end_of_nested(text: str, start: int) -> int:
    depth = 0
    for match in _NESTED.finditer(text, start):
        depth += 1 if match[0] == "/*" else -1
        if not depth:
            return match.end()
    raise _unended("/*", start)


def _unended(mark: str, at: int) -> SqlTextError:
    what = "a comment" if mark == "/*" else "a quoted text"
    return SqlTextError(f"{what} that begins with {mark} never ends", at, "close it, or write the quote twice")
