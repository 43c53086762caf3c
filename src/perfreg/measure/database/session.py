"""A client's connection: replaced when it is lost, cut when the server does not answer, ended in any case."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any, final

from perfreg.errors import MeasureError
from perfreg.measure.database.failure import Failure, errors
from perfreg.measure.database.server import RAW, Server, close


@final
class Session:
    """``since`` is when (ns) it began to wait for the server, 0 while it does not; another thread may read it.

    ``part`` is the name of the statement that it is at, in transactions of several.
    """

    def __init__(self, server: Server) -> None:
        """Raises `MeasureError` when there is no connection to be had."""
        self.server = server
        self.connection = server.connect()
        self.since = 0
        self.part = ""
        self._cut_after: float | None = None

    def command(self, sql: str) -> None:
        """Run what begins or ends a transaction. Raises one of `perfreg.measure.database.failure.errors`."""
        if sql.startswith("ROLLBACK") and self.connection.dialect.driver == "psycopg":
            self._roll_back(sql)
        else:
            self.connection.exec_driver_sql(sql, execution_options=RAW).close()

    def give_up(self, error: Exception, *, within: bool) -> tuple[Failure, str]:
        """What the error was, and why there is no connection any more, if there is none.

        ``within`` a transaction, that is rolled back. A lost connection is replaced.
        """
        self.since = 0
        failure = self.server.failure(error)
        if self._cut_after is not None:
            failure = Failure(kind="timeout", message=f"no answer within {self._cut_after:g} s: the connection was cut")
        if self.part:
            failure = Failure(kind=failure.kind, message=f"{self.part}: {failure.message}")
        if self._cut_after is not None:
            return failure, self._reconnect() if self._cut_after else "interrupted"
        if within and not self.connection.invalidated:
            try:
                self.connection.exec_driver_sql("ROLLBACK", execution_options=RAW).close()
            except errors():
                # SQLite and MySQL have rolled back by themselves after some errors; who knows after others.
                return failure, self._reconnect()
        return failure, self._reconnect() if self.connection.invalidated else ""

    def cut(self, after_s: float = 0.0) -> None:
        """Have whoever waits for the server's answer get an error instead. Called by another thread.

        Without a time nothing comes after it: the connection is not replaced.
        """
        self._cut_after = after_s
        with suppress(Exception):  # of whatever driver: it may be closing the connection at this moment
            driver: Any = self.connection.connection.driver_connection
            if hasattr(driver, "interrupt"):
                driver.interrupt()
                return
            with socket.fromfd(driver.fileno(), socket.AF_INET, socket.SOCK_STREAM) as twin:
                twin.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it."""
        if not self.connection.closed:
            close(self.connection)

    def _roll_back(self, sql: str) -> None:
        """Past psycopg, which would throw all prepared statements away, as the objects they use may be gone."""
        from psycopg import OperationalError, pq
        from sqlalchemy.exc import DBAPIError

        driver: Any = self.connection.connection.driver_connection
        result = driver.pgconn.exec_(sql.encode())
        if result.status != pq.ExecStatus.COMMAND_OK:
            cause = OperationalError(result.error_message.decode(errors="replace"))
            self.connection.invalidate()
            raise DBAPIError(sql, None, cause)

    def _reconnect(self) -> str:
        """Outside the time that is measured. Why a server takes no new connection, empty when it does."""
        self.close()
        try:
            self.connection = self.server.connect()
        except MeasureError as error:
            return error.message
        self._cut_after = None
        return ""
