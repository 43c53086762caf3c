"""Errors of drivers in one line, without secrets, and in classes that can be counted."""

from __future__ import annotations

import sqlite3

import psycopg.errors
import pymysql
import pytest
import sqlalchemy
from sqlalchemy.exc import DBAPIError

from perfreg.measure.database.failure import describe


@pytest.mark.parametrize(
    ("cause", "kind", "message"),
    [
        (psycopg.errors.UniqueViolation("taken\nDETAIL: (secret)"), "DBAPIError 23505", "taken"),
        (psycopg.errors.QueryCanceled("canceling statement due to statement timeout"), "timeout", "canceling"),
        (pymysql.err.IntegrityError(1062, "Duplicate entry"), "DBAPIError 1062", "Duplicate entry"),
        (pymysql.err.OperationalError(1969, "interrupted (max_statement_time exceeded)"), "timeout", "interrupted"),
        (pymysql.err.OperationalError(2013, "Lost connection (timed out)"), "timeout", "Lost connection"),
        (psycopg.OperationalError(""), "DBAPIError", "OperationalError"),
        (psycopg.errors.DeadlockDetected("deadlock detected"), "deadlock", "deadlock"),
        (psycopg.errors.SerializationFailure("could not serialize"), "serialization", "could not"),
        (psycopg.errors.LockNotAvailable("canceling statement"), "lock timeout", "canceling"),
        (psycopg.errors.SyntaxError('syntax error at or near "SELEC"'), "syntax", "syntax error"),
        (psycopg.errors.AdminShutdown("terminating connection"), "connection lost", "terminating"),
        (psycopg.errors.ConnectionFailure("gone"), "connection lost", "gone"),
        (psycopg.OperationalError("server closed the connection unexpectedly"), "connection lost", "server closed"),
        (psycopg.errors.CheckViolation("the table is locked"), "DBAPIError 23514", "the table"),
        (pymysql.err.OperationalError(1213, "Deadlock found"), "deadlock", "Deadlock"),
        (pymysql.err.OperationalError(1205, "Lock wait timeout exceeded"), "lock timeout", "Lock wait"),
        (pymysql.err.ProgrammingError(1064, "You have an error"), "syntax", "You have"),
        (pymysql.err.OperationalError(2013, "Lost connection"), "connection lost", "Lost connection"),
        (sqlite3.OperationalError("database is locked"), "lock timeout", "database is locked"),
        (sqlite3.OperationalError('near "x": syntax error'), "syntax", "near"),
    ],
)
def test_class_and_first_line(cause: Exception, kind: str, message: str) -> None:
    failure = describe(DBAPIError("SELECT 1", {}, cause))

    assert failure.kind == kind
    assert failure.message.startswith(message)
    assert "secret" not in failure.message


def test_sqlite_errors_are_counted_by_their_own_name() -> None:
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.exec_driver_sql("SELECT * FROM nowhere")
    engine.dispose()

    failure = describe(caught.value)

    assert failure.kind.startswith("OperationalError")
    assert failure.message == "no such table: nowhere"


def test_secrets_and_control_characters_are_taken_out() -> None:
    error = ValueError("bad option pass=hunter2 \x1b[31m::error::\u202e" + "x" * 1000)

    failure = describe(error, ("hunter2", ""))

    assert failure.kind == "ValueError"
    assert failure.message.startswith("bad option pass=***  [31m::error:: xxx")
    assert failure.message.isprintable()
    assert len(failure.message) == 300
