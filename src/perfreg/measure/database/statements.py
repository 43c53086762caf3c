"""SQL from the configuration: inline, as a list, or in a file, cut into single statements."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from perfreg.errors import InputError
from perfreg.measure.database.scanner import SqlTextError, tokens

_SKIPPED = re.compile(r"\s+|\#[^\n]*|--[^\n]*|/\*(?!M?!).*?\*/", re.DOTALL)
_NAME = re.compile(r"--[ \t]*name[ \t]*:[ \t]*(\S*)")
_GOOD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement, where it begins (``transfer.sql:12``), and what a comment ``-- name: x`` before it calls it."""

    sql: str
    where: str
    name: str = ""


def read(source: str | Iterable[str], directory: Path, dialect: str, where: str) -> tuple[Statement, ...]:
    """The statements of ``source``: a text cut at its semicolons, or a list whose items are taken as they are.

    A text or item that ends in ``.sql`` names a file, relative to ``directory``. Raises `InputError` when it cannot
    be read, or has in it what is no SQL.
    """
    if isinstance(source, str):
        return tuple(_cut(source, directory, dialect, where))
    found: list[Statement] = []
    for number, item in enumerate(source, start=1):
        if _is_file(item):
            found += _cut(item, directory, dialect, where)
        else:
            place = f"{where}: item {number}"
            found.append(Statement(sql=item, where=place, name=_named(item, place)))
    return tuple(found)


def split(text: str, dialect: str) -> Iterator[str]:
    """Cut at the semicolons outside quotes and comments; pieces without SQL are left out. Raises `SqlTextError`.

    SQLite's triggers stay whole. Compound statements of other engines (MySQL's ``BEGIN … END`` bodies) do not: they
    belong into a list.
    """
    return (text[start:end].strip() for start, end in _pieces(text, dialect))


def keyword(statement: str) -> str:
    """The first word of a statement in upper case, past comments and opening brackets; empty without one."""
    match = re.match(r"[\s(]*([A-Za-z]+)", statement[_body(statement) :])
    return match[1].upper() if match else ""


def words(statement: str) -> str:
    """The statement in upper case without the comments before it, its spaces single."""
    return " ".join(statement[_body(statement) :].upper().split())


def _cut(source: str, directory: Path, dialect: str, where: str) -> Iterator[Statement]:
    text, place = source, f"{where}: line "
    if _is_file(source):
        text, place = _file(source, directory, where), f"{where}: {source}:"
    line, counted = 1, 0
    try:
        for start, end in _pieces(text, dialect):
            piece = text[start:end]
            begin = start + _body(piece)
            line, counted = line + text.count("\n", counted, begin), begin
            yield Statement(sql=piece.strip(), where=f"{place}{line}", name=_named(piece, f"{place}{line}"))
    except SqlTextError as error:
        line = text.count("\n", 0, error.at) + 1
        raise InputError(error.message, where=f"{place}{line}", hint=error.hint) from error


def _pieces(text: str, dialect: str) -> Iterator[tuple[int, int]]:
    start = 0
    for end in [*(token.start for token in tokens(text, dialect) if token.kind == "end"), len(text)]:
        piece = text[start:end]
        body = _body(piece)
        if body == len(piece):
            start = end + 1
            continue
        _refuse_commands(piece, start, body)
        if dialect != "sqlite" or end == len(text) or sqlite3.complete_statement(f"{piece};"):
            yield start, end
            start = end + 1


def _refuse_commands(piece: str, start: int, body: int) -> None:
    """Say what a file made for a command line tool has in it, before the engine calls it a syntax error."""
    if re.match(r"delimiter\b", piece[body : body + 10], re.IGNORECASE):
        hint = "leave it out; a routine with semicolons in it is given whole, as an item of a list"
        raise SqlTextError("DELIMITER is a command of the mysql client, not SQL", start + body, hint)
    if piece[body] in "\\.":
        command = piece[body:].split(maxsplit=1)[0][:40]
        raise SqlTextError(f"{command} is a command of a client, not SQL", start + body, "leave it out")


def _body(statement: str) -> int:
    """Where the statement begins behind the spaces and comments before it."""
    start = 0
    while match := _SKIPPED.match(statement, start):
        start = match.end()
    return start


def _named(piece: str, where: str) -> str:
    """The name in the comments before a statement. Raises `InputError` when it is none for a metric."""
    match = _NAME.search(piece, 0, _body(piece))
    if match is None:
        return ""
    if not _GOOD_NAME.fullmatch(match[1]):
        hint = "use a letter and then letters, digits and underscores, 50 at most"
        raise InputError(f"{match[1]!r} is no name for a statement", where=where, hint=hint)
    return match[1]


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
