"""What drivers say when something fails: one harmless line without secrets, and a class to count by."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

_MAX_CHARS = 300
_CLASSES = {
    "timeout": {"57014", "1969", "3024"},
    "deadlock": {"40P01", "1213"},
    "serialization": {"40001", "1020"},
    "lock timeout": {"55P03", "1205"},
    "syntax": {"42601", "1064"},
    "connection lost": {"57P01", "57P02", "57P03", "1053", "1927", "2006", "2013", "2055", "4031"},
}
"""Codes of PostgreSQL (SQLSTATE) and numbers of MariaDB and MySQL, by what they mean for a load."""
_SAID = {
    "timed out": "timeout",
    "interrupted": "timeout",
    "is locked": "lock timeout",
    "syntax error": "syntax",
    "server closed the connection": "connection lost",
    "connection is lost": "connection lost",
    "connection is closed": "connection lost",
}
"""What messages have in them where there is no code: SQLite's names of errors do not tell these apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """``kind`` is a class of errors such as ``deadlock`` or ``IntegrityError 23505``; ``message`` is one line."""

    kind: str
    message: str


def errors(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """What is raised when SQL fails, for an ``except`` clause, and ``more``.

    Drivers refuse values with ``ValueError``; until Python 3.10, sqlite3 refuses a second statement with a warning.
    """
    from sqlalchemy.exc import SQLAlchemyError

    return (SQLAlchemyError, ValueError, sqlite3.Warning, *more)


def describe(error: Exception, secrets: Iterable[str] = ()) -> Failure:
    """Reduce an exception of SQLAlchemy or of the driver below it."""
    cause = getattr(error, "orig", None) or error
    code = _code(cause)
    message = _first_line(cause)
    for secret in filter(None, secrets):
        message = message.replace(secret, "***")
    message = "".join(char if char.isprintable() else " " for char in message)[:_MAX_CHARS]
    return Failure(kind=_class(code, message) or f"{type(error).__name__} {code}".rstrip(), message=message)


def _class(code: str, message: str) -> str:
    """One that every engine has, empty where it has no such meaning."""
    if "timed out" in message:
        return "timeout"  # PyMySQL has the code of a lost connection then
    known = next((name for name, codes in _CLASSES.items() if code in codes), "")
    if known or (code and not code.startswith("SQLITE")):
        return known or ("connection lost" if code.startswith("08") and len(code) == 5 else "")
    return next((name for words, name in _SAID.items() if words in message), "")


def _code(cause: BaseException) -> str:
    """MySQL's own number, SQLSTATE (psycopg, psycopg2), SQLite's name of the error, or nothing."""
    if len(cause.args) == 2 and isinstance(cause.args[0], int):
        return str(cause.args[0])
    codes = (getattr(cause, name, None) for name in ("sqlstate", "pgcode", "sqlite_errorname"))
    return next((code for code in codes if isinstance(code, str)), "")


def _first_line(cause: BaseException) -> str:
    text = cause.args[1] if len(cause.args) == 2 and isinstance(cause.args[0], int) else cause
    return next(iter(str(text).strip().splitlines()), "") or type(cause).__name__
