"""What drivers say when something fails: one harmless line without secrets, and a class to count by."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

_MAX_CHARS = 300
_TIMEOUTS = frozenset({"57014", "1969", "3024"})
"""PostgreSQL's query_canceled, MariaDB's ER_STATEMENT_TIMEOUT and MySQL's ER_QUERY_TIMEOUT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """``kind`` is a class of errors such as ``IntegrityError 23505`` or ``timeout``; ``message`` is one line."""

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
    if code in _TIMEOUTS or message == "interrupted" or "timed out" in message:
        return Failure(kind="timeout", message=message)
    return Failure(kind=f"{type(error).__name__} {code}".rstrip(), message=message)


def _code(cause: BaseException) -> str:
    """MySQL's own number, SQLSTATE (psycopg, psycopg2), SQLite's name of the error, or nothing."""
    if len(cause.args) == 2 and isinstance(cause.args[0], int):
        return str(cause.args[0])
    codes = (getattr(cause, name, None) for name in ("sqlstate", "pgcode", "sqlite_errorname"))
    return next((code for code in codes if isinstance(code, str)), "")


def _first_line(cause: BaseException) -> str:
    text = cause.args[1] if len(cause.args) == 2 and isinstance(cause.args[0], int) else cause
    return next(iter(str(text).strip().splitlines()), "") or type(cause).__name__
