"""SQL from the configuration: inline, as a list, or in a file, cut into single statements."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from perfreg.errors import InputError

_QUOTED = {
    "postgresql": r"[eE]'(?:[^'\\]|\\.)*'|'[^']*'|\"[^\"]*\"|(?<![\w$])\$(?P<tag>\w*)\$.*?\$(?P=tag)\$",
    "mysql": r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|\#[^\n]*",
}
_QUOTED_ELSEWHERE = r"'[^']*'|\"[^\"]*\"|`[^`]*`|\[[^\]]*\]"
_COMMENT = r"--[^\n]*|/\*(?!M?!).*?\*/"  # MySQL runs what is written in /*! */
_SKIPPED = re.compile(rf"\s+|\#[^\n]*|{_COMMENT}", re.DOTALL)


def read(source: str | Iterable[str], directory: Path, dialect: str, where: str) -> tuple[str, ...]:
    """The statements of ``source``: a text cut at its semicolons, or a list whose items are taken as they are.

    A text or item that ends in ``.sql`` names a file, relative to ``directory``. Raises `InputError` when it cannot
    be read.
    """
    if isinstance(source, str):
        text = _file(source, directory, where) if _is_file(source) else source
        return tuple(split(text, dialect))
    found: list[str] = []
    for item in source:
        found += split(_file(item, directory, where), dialect) if _is_file(item) else [item]
    return tuple(found)


def split(text: str, dialect: str) -> Iterator[str]:
    """Cut at the semicolons outside quotes and comments; pieces without SQL are left out.

    SQLite's triggers stay whole. Compound statements of other engines (MySQL's ``BEGIN … END`` bodies) do not: they
    belong into a list.
    """
    start = 0
    for end in [*_semicolons(text, dialect), len(text)]:
        piece = text[start:end]
        if not _body(piece):
            start = end + 1
        elif dialect != "sqlite" or end == len(text) or sqlite3.complete_statement(f"{piece};"):
            start = end + 1
            yield piece.strip()


def keyword(statement: str) -> str:
    """The first word of a statement in upper case, past comments and opening brackets; empty without one."""
    match = re.match(r"[\s(]*([A-Za-z]+)", _body(statement))
    return match[1].upper() if match else ""


def _body(statement: str) -> str:
    """The statement without the spaces and comments before it."""
    start = 0
    while match := _SKIPPED.match(statement, start):
        start = match.end()
    return statement[start:]


def _semicolons(text: str, dialect: str) -> list[int]:
    tokens = re.compile(rf"{_COMMENT}|{_QUOTED.get(dialect, _QUOTED_ELSEWHERE)}|(?P<end>;)", re.DOTALL)
    return [match.start() for match in tokens.finditer(text) if match["end"]]


def _is_file(text: str) -> bool:
    return text.lower().endswith(".sql") and not any(char in text for char in "\n;")


def _file(name: str, directory: Path, where: str) -> str:
    path = directory / name
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(
            f"the SQL file {name!r} cannot be read: {reason}",
            where=where,
            hint="give a path relative to the configuration file",
        ) from error
