"""The ``database`` scenario: what a query costs a client of SQLite, PostgreSQL, MariaDB, MySQL or another engine.

Times are those of an application: driver and SQLAlchemy Core included, no pool, autocommit. ``query_time`` ends when
the driver has a result. psycopg and PyMySQL have all rows by then, and ``fetch_time`` is only their conversion; SQLite
computes rows while they are fetched, and most of the work of a large result is in ``fetch_time``. ``connection_time``
is a new connection made ready by the driver. Failed queries are counted and never timed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

from pydantic import Field, field_validator

from perfreg.config.base import ScenarioSpec
from perfreg.config.quantity import Seconds
from perfreg.errors import MeasureError
from perfreg.measure.block import split
from perfreg.measure.context import Context, Outcome, ScenarioKind
from perfreg.measure.database import load, plans, statements, target
from perfreg.measure.database.failure import errors
from perfreg.measure.database.outcome import Findings, to_outcome
from perfreg.measure.database.preparation import prepared
from perfreg.measure.database.query import Query
from perfreg.measure.database.server import Server, open_server

_CONNECTS = 10
_LOAD_STARTS = 0.1


class DatabaseSpec(ScenarioSpec):
    """A query, run again and again against a database that is already there or that `setup` fills."""

    type: Literal["database"]
    """Selects this kind."""
    query: str = Field(min_length=1)
    """The SQL that is measured, sent as it is written."""
    connection_string: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9.+_-]*://")
    """SQLAlchemy URL: `sqlite:///file.db`, `postgresql://user:password@host/name`, `mysql://…`, `mariadb://…`."""
    parameters: dict[str, bool | int | float | str | None] = {}
    """Values bound to `:name` in the query; with them a literal colon is written `\\:`."""
    iterations: int = Field(default=100, ge=1, le=10_000_000)
    """Measured executions, shared by all clients."""
    warm_up_iterations: int = Field(default=10, ge=0, le=100_000)
    """Executions of each client that come first and are not measured; with 10, PostgreSQL has settled on a prepared
    statement and its plan."""
    concurrent_users: int | None = Field(default=None, ge=1, le=1000)
    """Clients that query at the same time, each on a connection of its own; 1 when not given."""
    setup: str | tuple[str, ...] = ()
    """SQL run before: a text cut at its semicolons, a list of statements, or a path that ends in `.sql`."""
    teardown: str | tuple[str, ...] = ()
    """SQL run afterwards, whatever happened; written like `setup`."""
    timeout: Seconds = 30.0
    """Limit of connecting, and of each query where the engine can end one (MySQL: SELECT only)."""

    @field_validator("query")
    @classmethod
    def _is_sql(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("must not be empty")
        return value

    @property
    def dialect(self) -> str:
        """The engine's name, for MariaDB ``mysql``."""
        return target.dialect_of(self.connection_string)

    def block(self, seconds: float, pace: float | None = None) -> DatabaseSpec:
        """As many queries as fit, the warm-up of the new session being a quarter of them at most."""
        warm_up, iterations = split(seconds, pace, warm_up=self.warm_up_iterations)
        return self.model_copy(update={"warm_up_iterations": warm_up, "iterations": iterations})

    def identity(self) -> dict[str, object]:
        """Engine, SQL, values and clients. A `.sql` file counts by its name: what changes in it is to be measured."""
        return {
            **super().identity(),
            "dialect": self.dialect,
            "query": " ".join(self.query.split()),
            "parameters": self.parameters,
            "setup": [self.setup] if isinstance(self.setup, str) else list(self.setup),
            "concurrent_users": self.concurrent_users or 1,
        }


def measure(spec: DatabaseSpec, context: Context) -> Outcome:
    """Set up, measure, tear down. Raises `MeasureError` or `InputError` when nothing could be measured."""
    where = f"test_scenarios.{spec.name}"
    setup = statements.read(spec.setup, context.directory, spec.dialect, f"{where}.setup")
    teardown = statements.read(spec.teardown, context.directory, spec.dialect, f"{where}.teardown")
    with _located(f"{where}.connection_string"):
        url = target.parse(spec.connection_string, context.directory, may_create=bool(setup))
        target.check(url, context.targets)
        server = open_server(url, where=where, timeout=spec.timeout, targets=context.targets)
    with server.session(patient=True):  # held open: a database in memory lives as long as its last session
        context.progress(0.0, "preparing the database")
        with prepared(server, setup, teardown) as warnings:
            findings = _observe(spec, context, server)
    outcome = to_outcome(spec.name, findings, max_error_rate_pct=context.max_error_rate_pct)
    return replace(outcome, warnings=(*outcome.warnings, *warnings))


def _observe(spec: DatabaseSpec, context: Context, server: Server) -> Findings:
    query = Query(sql=spec.query, parameters=spec.parameters)
    plan, no_plan = _try_out(spec, server, query)
    times = server.connection_times(_CONNECTS)
    clients = _scaled(spec.concurrent_users or 1, context.stress_multiplier)

    def progress(share: float) -> None:
        done = round(share * spec.iterations)
        context.progress(_LOAD_STARTS + share * (1 - _LOAD_STARTS), f"{done} of {spec.iterations} queries")

    result = load.run(
        server,
        query,
        clients=clients,
        iterations=spec.iterations,
        warm_up=spec.warm_up_iterations,
        progress=progress,
    )
    if not result.samples:
        reason = result.failures[0].message if result.failures else result.stopped_by
        raise _query_failed(server, reason, f"none of {result.attempts} queries succeeded")
    return Findings(
        load=result,
        iterations=spec.iterations,
        clients=clients,
        connection_times=times,
        plan=plan,
        no_plan=no_plan,
    )


def _try_out(spec: DatabaseSpec, server: Server, query: Query) -> tuple[plans.Plan | None, str]:
    """Run the query once, so that wrong SQL ends here, and get its plan or the reason why there is none."""
    with server.session() as connection:
        if spec.warm_up_iterations:
            try:
                query.sample(connection)
            except errors() as error:
                raise _query_failed(server, server.failure(error).message, "the query failed") from error
        try:
            return query.plan(connection, server.dialect), ""
        except errors() as error:
            return None, f"no query plan: {server.failure(error).message}"


def _query_failed(server: Server, reason: str, what: str) -> MeasureError:
    return MeasureError(
        f"{what}: {reason}", where=f"{server.where}.query", hint="check the SQL against the database's schema"
    )


def _scaled(clients: int, multiplier: float) -> int:
    """Rounded up, but not because of the last binary digit: 10 clients times 1.1 are 11."""
    return math.ceil(round(clients * multiplier, 6))


@contextmanager
def _located(where: str) -> Iterator[None]:
    """Say where in the configuration, unless the error knows better."""
    try:
        yield
    except MeasureError as error:
        if error.where:
            raise
        raise MeasureError(error.message, where=where, hint=error.hint) from error


KIND = ScenarioKind(
    name="database",
    summary="query, connection and fetch time, rows and plan of a SQL query",
    spec=DatabaseSpec,
    measure=measure,
)
