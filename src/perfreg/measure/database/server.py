"""Sessions on the database under test: opened without a pool, limited in time, errors told in one line."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfreg.errors import MeasureError
from perfreg.measure.database import failure, target
from perfreg.measure.targets import TargetPolicy

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

_EXTRAS = {"psycopg": "perfreg[postgresql]", "pymysql": "perfreg[mysql]"}
_STEPS = 100_000
"""SQLite's virtual machine asks whether the time is up after this many instructions, about a millisecond."""

_PATIENCE = 60.0
_PREPARING: dict[str, tuple[str, int | None, int | None]] = {
    "psycopg": ("prepare_threshold", 0, None),
    "pysqlite": ("cached_statements", 128, 0),
}
"""The option of a driver that keeps statements ready, and its values for always and never."""

RAW: dict[str, bool] = {"no_parameters": True}
"""Execution options for SQL that goes to the driver as it is written, per cent signs included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The database of one scenario. ``timeout`` limits connecting and each measured statement, in seconds.

    Every session is in autocommit: a statement costs what it costs an application that sends it alone, and nothing
    stays locked between two of them. ``patient`` sessions, for setup and teardown, wait as long as it takes.
    """

    engine: Engine
    patient_engine: Engine
    where: str
    timeout: float

    @property
    def dialect(self) -> str:
        """``postgresql``, ``mysql`` (MariaDB too), ``sqlite`` or SQLAlchemy's name of another."""
        return target.dialect_of(self.engine.dialect.name)

    @contextmanager
    def session(self, *, patient: bool = False) -> Iterator[Connection]:
        """A connection of its own. Raises `MeasureError` when there is none to be had."""
        connection = self.connect(patient=patient)
        try:
            yield connection
        finally:
            close(connection)

    def connect(self, *, patient: bool = False) -> Connection:
        """As `session`, for the caller to `close`."""
        with self._connecting():
            if patient:
                return self.patient_engine.connect()
            connection = self.engine.connect()
            try:
                _limit(connection, self.timeout)
            except BaseException:
                close(connection)
                raise
            return connection

    def connection_times(self, count: int) -> tuple[float, ...]:
        """Milliseconds that each of ``count`` connections took, opened one after the other."""
        times = []
        for _ in range(count):
            with self._connecting():
                started = time.perf_counter_ns()
                connection = self.engine.connect()
                times.append((time.perf_counter_ns() - started) / 1e6)
            close(connection)
        return tuple(times)

    @contextmanager
    def _connecting(self) -> Iterator[None]:
        try:
            yield
        except failure.errors(TypeError, OSError) as error:
            # TypeError and ValueError are how drivers refuse options of the URL; the cause may quote the password.
            raise MeasureError(
                f"cannot connect: {self.failure(error).message}",
                where=f"{self.where}.connection_string",
                hint="check the address, the credentials and that the database accepts connections",
            ) from None

    def failure(self, error: Exception) -> failure.Failure:
        return failure.describe(error, target.secrets_of(self.engine.url))


def open_server(url: URL, *, where: str, timeout: float, targets: TargetPolicy, prepared: bool | None = None) -> Server:
    """Load the driver and connect once. Raises `MeasureError` when either fails, or the host may not be loaded.

    ``prepared`` says whether statements are kept ready from their first execution on, or never; None is the driver's
    own way.
    """
    server = Server(
        engine=_engine(url, _options(url, timeout) | _preparing(url, prepared)),
        patient_engine=_engine(url, _options(url, None)),
        where=where,
        timeout=timeout,
    )
    if server.engine.dialect.is_async:
        raise MeasureError(
            f"{url.drivername} is an asynchronous driver",
            hint=f"write {url.get_backend_name()}:// and leave the driver to perfreg",
        )
    with server.session() as connection:
        # libpq and PyMySQL also take hosts from files and the environment: ask where the connection really went.
        driver: Any = connection.connection.driver_connection
        host = getattr(getattr(driver, "info", driver), "host", None)
        target.check_host(host if isinstance(host, str) else "", targets)
    return server


def close(connection: Connection) -> None:
    """Drop a session without a farewell: a rollback would fail, and be logged, when the server is gone."""
    connection.invalidate()
    connection.close()


def _engine(url: URL, options: dict[str, object]) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError
    from sqlalchemy.pool import NullPool

    try:
        return create_engine(
            url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args=options,
        )
    except ImportError as error:
        name = (error.name or url.get_driver_name()).partition(".")[0]
        package = _EXTRAS.get(name, name)
        raise MeasureError(
            f"the driver {name!r} of {url.drivername}:// is not installed", hint=f"pip install '{package}'"
        ) from error
    except ArgumentError as error:
        raise MeasureError(
            f"SQLAlchemy knows no database {url.drivername!r}",
            hint="use postgresql, mysql, mariadb or sqlite, or install the dialect",
        ) from error


def _options(url: URL, timeout: float | None) -> dict[str, object]:
    """Arguments of the drivers we know, unless the URL has its own. SQLite's sessions move between threads.

    Without a ``timeout`` only statements are free of limits: connecting never takes more than a minute.
    """
    connect = {"connect_timeout": math.ceil(timeout or _PATIENCE)}
    known: dict[str, dict[str, object]] = {
        "psycopg": {**connect},
        "psycopg2": {**connect},
        # The server ends the statement first where it can; a mute server is noticed only by the reader.
        "pymysql": {**connect, "read_timeout": timeout + 1 if timeout else None},
        "pysqlite": {"timeout": timeout or _PATIENCE, "check_same_thread": False},
    }
    options = known.get(url.drivername.partition("+")[2], {})
    return {key: value for key, value in options.items() if key not in url.query}


def prepares(driver: str) -> bool:
    """Whether a driver can be told to keep statements ready: psycopg on the server, SQLite in its library."""
    return driver in _PREPARING


def _preparing(url: URL, prepared: bool | None) -> dict[str, object]:  # noqa: FBT001 - it is what the configuration says
    key, at_once, never = _PREPARING.get(url.drivername.partition("+")[2], ("", None, None))
    return {} if prepared is None or not key or key in url.query else {key: at_once if prepared else never}


def _limit(connection: Connection, timeout: float) -> None:
    """Have the engine end statements that run longer than ``timeout`` seconds, where it can."""
    dialect = connection.dialect
    milliseconds = math.ceil(timeout * 1000)
    if dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET statement_timeout = {milliseconds}")
    elif getattr(dialect, "is_mariadb", False):
        connection.exec_driver_sql(f"SET SESSION max_statement_time = {milliseconds / 1000}")
    elif dialect.name == "mysql":
        connection.exec_driver_sql(f"SET SESSION max_execution_time = {milliseconds}")
    elif dialect.name == "sqlite":
        _limit_sqlite(connection, timeout)


def _limit_sqlite(connection: Connection, timeout: float) -> None:
    from sqlalchemy import event

    deadline = math.inf

    def start(*_: object) -> None:
        nonlocal deadline
        deadline = time.monotonic() + timeout

    event.listen(connection, "before_cursor_execute", start)
    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
