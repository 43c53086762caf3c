"""The ``database`` scenario: what a query, or a transaction, costs clients of PostgreSQL, MariaDB, MySQL, SQLite, …

Times are those of an application: driver and SQLAlchemy Core included, no pool, autocommit. ``query_time`` ends when
the driver has a result. psycopg and PyMySQL have all rows by then, and ``fetch_time`` is only their conversion; SQLite
computes rows while they are fetched, and most of the work of a large result is in ``fetch_time``. ``connection_time``
is a new connection made ready by the driver. Failed queries are counted and never timed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Literal

from pydantic import Field, model_validator

from perfreg.config.base import ScenarioSpec
from perfreg.config.quantity import Seconds
from perfreg.measure.block import split
from perfreg.measure.context import Context, Outcome, ScenarioKind
from perfreg.measure.database import observing, target
from perfreg.measure.database.outcome import to_outcome
from perfreg.measure.database.turns import Count, Period, Schedule, Turns
from perfreg.measure.engines.keys import Arrivals, Rate, rate_profile

_FEWEST_DUE = 3
"""A block in which hardly anything is due would tell nothing."""
_CLIENTS_OF_A_RATE = 10


class DatabaseSpec(ScenarioSpec):
    """A query or a transaction, again and again, against a database that is already there or that `setup` fills."""

    type: Literal["database"]
    """Selects this kind."""
    query: str = ""
    """The SQL that is measured, sent as it is written."""
    transaction: str | tuple[str, ...] = ()
    """Several statements in one transaction instead of a `query`: a path that ends in `.sql`, a text cut at its
    semicolons, or a list. A comment `-- name: debit` before a statement names it."""
    connection_string: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9.+_-]*://")
    """SQLAlchemy URL: `sqlite:///file.db`, `postgresql://user:password@host/name`, `mysql://…`, `mariadb://…`."""
    parameters: dict[str, bool | int | float | str | None] = {}
    """Values bound to `:name` in the SQL; with them a colon that is neither quoted nor of a name is written `\\:`."""
    data: str | tuple[dict[str, bool | int | float | str | None], ...] = ()
    """Rows of values for `:name`: a CSV file (all texts), a JSON file, or a list of mappings. Every execution takes one
    row, in an order that is the same for base and head."""
    prepared: bool | None = None
    """Whether statements are prepared at once, or never. By default as the driver does: psycopg on the server from the
    sixth execution on, SQLite in its library at once; PyMySQL never does, and puts the values into the text."""
    rollback: bool = False
    """Roll every execution back, so that writes leave the database as it was."""
    iterations: int = Field(default=100, ge=1, le=10_000_000)
    """Measured executions, shared by all clients."""
    duration: Seconds | None = None
    """Seconds of measuring, instead of `iterations`."""
    rate: Rate | None = None
    """Executions a second for the `duration`, begun whether earlier ones have ended or not: a number, a ramp, or a list
    of steps of equal length. Times count from the moment an execution was due."""
    arrivals: Arrivals = "even"
    """How the executions of a `rate` follow one another: evenly, or at random as independent users do."""
    warm_up_iterations: int = Field(default=10, ge=0, le=100_000)
    """Executions of each client that come first and are not measured; with 10, PostgreSQL has settled on a prepared
    statement and its plan."""
    concurrent_users: int | None = Field(default=None, ge=1, le=1000)
    """Clients that work at the same time, each on a connection of its own; 1 when not given, 10 with a `rate`."""
    setup: str | tuple[str, ...] = ()
    """SQL run before: a text cut at its semicolons, a list of statements, or a path that ends in `.sql`."""
    teardown: str | tuple[str, ...] = ()
    """SQL run afterwards, whatever happened; written like `setup`."""
    timeout: Seconds = 30.0
    """Limit of connecting, and of each statement where the engine can end one (MySQL: SELECT only). A connection
    without an answer for two seconds more is cut."""

    @model_validator(mode="after")
    def _one_kind_of_load(self) -> DatabaseSpec:
        sql = "\n".join(self.transaction) if isinstance(self.transaction, tuple) else self.transaction
        if bool(self.query.strip()) == bool(sql.strip()):
            raise ValueError("needs either a query or a transaction")
        if self.duration is not None and "iterations" in self.model_fields_set:
            raise ValueError("has either iterations or a duration, not both")
        if self.rate is not None and self.duration is None:
            raise ValueError("has a rate, so it needs a duration")
        return self

    @property
    def dialect(self) -> str:
        """The engine's name, for MariaDB ``mysql``."""
        return target.dialect_of(self.connection_string)

    @property
    def clients(self) -> int:
        """How many work at the same time."""
        return self.concurrent_users or (1 if self.rate is None else _CLIENTS_OF_A_RATE)

    def block(self, seconds: float, pace: float | None = None) -> DatabaseSpec:
        """As many executions as fit, or as are due; the warm-up of new sessions is a quarter of them at most."""
        if self.rate is None:
            warm_up, iterations = split(seconds, pace, warm_up=self.warm_up_iterations)
            return self.model_copy(update={"warm_up_iterations": warm_up, "iterations": iterations, "duration": None})
        due = sum(each.area for each in rate_profile(self.rate, 1.0, 1.0))
        seconds = max(seconds, _FEWEST_DUE / due)
        warm_up, _ = split(seconds / self.clients, due, warm_up=self.warm_up_iterations)
        return self.model_copy(update={"warm_up_iterations": warm_up, "duration": seconds})

    def turns(self, context: Context) -> Turns:
        """Who may begin when."""
        if self.rate is not None:
            profile = rate_profile(self.rate, self.duration or 1.0, context.stress_multiplier)
            return Schedule(profile, clients=self.clients, seed=context.seed if self.arrivals == "poisson" else None)
        return Count(self.iterations) if self.duration is None else Period(self.duration)

    def identity(self) -> dict[str, object]:
        """Engine, SQL, values and clients. A file counts by its name: what changes in it is to be measured."""
        return {
            **super().identity(),
            "dialect": self.dialect,
            "query": " ".join(self.query.split()),
            "parameters": self.parameters,
            "setup": [self.setup] if isinstance(self.setup, str) else list(self.setup),
            "concurrent_users": self.clients,
            **self._uncommon_identity(),
        }

    def _uncommon_identity(self) -> dict[str, object]:
        """What only some scenarios have: those without it are to keep the series they always had."""
        found: dict[str, object] = {"rollback": True} if self.rollback else {}
        if self.transaction:
            found["transaction"] = [self.transaction] if isinstance(self.transaction, str) else list(self.transaction)
        if self.rate is not None:
            found |= {"rate": self.rate, "arrivals": self.arrivals}
        if self.data:
            text = self.data if isinstance(self.data, str) else json.dumps(self.data, sort_keys=True)
            found["data"] = hashlib.sha256(text.encode()).hexdigest()
        return found | ({"prepared": self.prepared} if self.prepared is not None else {})


def measure(spec: DatabaseSpec, context: Context) -> Outcome:
    """Set up, measure, tear down. Raises `MeasureError` or `InputError` when nothing could be measured."""
    where = f"test_scenarios.{spec.name}"
    job = observing.Job(
        where=where,
        query=spec.query,
        transaction=spec.transaction,
        rollback=spec.rollback,
        bindings=observing.bound(spec.parameters, spec.data, context, f"{where}.data"),
        prepared=spec.prepared,
        turns=spec.turns(context),
        iterations=spec.iterations if spec.duration is None else 0,
        clients=spec.clients,
        warm_up=spec.warm_up_iterations,
        timeout_s=spec.timeout,
    )
    findings, warnings = observing.observe(job, spec.connection_string, spec.setup, spec.teardown, context)
    outcome = to_outcome(spec.name, findings, max_error_rate_pct=context.max_error_rate_pct)
    return replace(outcome, warnings=(*outcome.warnings, *warnings))


KIND = ScenarioKind(
    name="database",
    summary="query, connection and fetch time, rows and plan of a SQL query",
    spec=DatabaseSpec,
    measure=measure,
)
