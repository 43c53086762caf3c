"""The measured query: one execution and what it took, and the plan that the engine has for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfreg.measure.database import plans, statements
from perfreg.measure.database.server import RAW

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult

_EXPLAIN = {
    "postgresql": "EXPLAIN (FORMAT JSON) ",
    "mysql": "EXPLAIN FORMAT=JSON ",
    "sqlite": "EXPLAIN QUERY PLAN ",
}
_EXPLAINABLE = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "VALUES", "WITH", "TABLE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One execution. ``rows`` were fetched or, when the query returns none, changed; -1 where nobody knows."""

    finished_ns: int
    query_ns: int
    fetch_ns: int
    rows: int
    fetched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """SQL as the driver takes it or, with ``parameters``, SQL in which ``:name`` stands for a bound value."""

    sql: str
    parameters: Mapping[str, Any]

    def execute(self, connection: Connection, prefix: str = "") -> CursorResult[Any]:
        """Run ``prefix`` and the query. Raises one of `perfreg.measure.database.failure.errors`."""
        from sqlalchemy import text

        if self.parameters:
            return connection.execute(text(prefix + self.sql), self.parameters)
        return connection.exec_driver_sql(prefix + self.sql, execution_options=RAW)

    def sample(self, connection: Connection) -> Sample:
        """Time one execution. Raises as `execute` does."""
        started = time.perf_counter_ns()
        result = self.execute(connection)
        available = time.perf_counter_ns()
        fetched = result.returns_rows
        rows = len(result.fetchall()) if fetched else result.rowcount
        finished = time.perf_counter_ns()
        result.close()
        return Sample(
            finished_ns=finished,
            query_ns=available - started,
            fetch_ns=finished - available,
            rows=rows,
            fetched=fetched,
        )

    def plan(self, connection: Connection, dialect: str) -> plans.Plan:
        """Ask the engine for its plan; the query is not run. Raises as `execute` does, ``ValueError`` without one."""
        prefix = _EXPLAIN.get(dialect)
        if prefix is None:
            raise ValueError(f"perfreg does not read plans of {dialect}")
        if statements.keyword(self.sql) not in _EXPLAINABLE or len([*statements.split(self.sql, dialect)]) != 1:
            # After the first of several statements, EXPLAIN would run the others.
            raise ValueError("only a single SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES or WITH has one")
        result = self.execute(connection, prefix)
        read: dict[str, Callable[[], plans.Plan]] = {
            "postgresql": lambda: plans.postgresql(result.scalar()),
            "mysql": lambda: plans.mysql(result.scalar()),
            "sqlite": lambda: plans.sqlite(tuple(row) for row in result),
        }
        return read[dialect]()
