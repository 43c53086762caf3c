"""Setup before a measurement and teardown after it, whatever happened in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from perfreg.errors import MeasureError, PerfregError
from perfreg.measure.database.failure import errors
from perfreg.measure.database.server import RAW, Server
from perfreg.measure.database.statements import Statement

if TYPE_CHECKING:
    from sqlalchemy import Connection


@contextmanager
def prepared(server: Server, setup: Sequence[Statement], teardown: Sequence[Statement]) -> Iterator[list[str]]:
    """Run ``setup``, give way to the measurement, and always run ``teardown``.

    A teardown that fails is a warning in the list that is yielded or, after an error, a part of that error. Raises
    `MeasureError` when the setup fails. Neither has a time limit.
    """
    warnings: list[str] = []
    try:
        _run(server, setup, "setup")
        yield warnings
    except PerfregError as error:
        if problem := _tear_down(server, teardown):
            raise MeasureError(f"{error.message}; {problem}", where=error.where, hint=error.hint) from error
        raise
    except BaseException:
        _tear_down(server, teardown)
        raise
    if problem := _tear_down(server, teardown):
        warnings.append(problem)


def _tear_down(server: Server, teardown: Sequence[Statement]) -> str:
    """What went wrong, empty when nothing did."""
    try:
        _run(server, teardown, "teardown")
    except MeasureError as error:
        return f"the teardown failed: {error.message}"
    return ""


def _run(server: Server, statements: Sequence[Statement], part: str) -> None:
    """Run all statements on a session of their own: what one sets, the next ones see."""
    if statements:
        with server.session(patient=True) as connection:
            for number, statement in enumerate(statements, 1):
                _execute(server, connection, statement.sql, f"{part} statement {number}")


def _execute(server: Server, connection: Connection, statement: str, name: str) -> None:
    try:
        connection.exec_driver_sql(statement, execution_options=RAW).close()
    except errors() as error:
        raise MeasureError(
            f"{name} failed: {server.failure(error).message}",
            where=server.where,
            hint="check the SQL against the database's schema",
        ) from error
