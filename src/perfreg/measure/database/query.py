"""One measured statement: an execution and what it took, and the plan that the engine has for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, NamedTuple, final

from perfreg.measure.database import plans, statements
from perfreg.measure.database.scanner import tokens
from perfreg.measure.database.server import RAW

if TYPE_CHECKING:
    from sqlalchemy import CursorResult

    from perfreg.measure.database.session import Session
    from perfreg.measure.database.values import Values

_EXPLAIN = {
    "postgresql": "EXPLAIN (FORMAT JSON) ",
    "mysql": "EXPLAIN FORMAT=JSON ",
    "sqlite": "EXPLAIN QUERY PLAN ",
}
_EXPLAINABLE = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "VALUES", "WITH", "TABLE"})
_COLON = re.compile(r"(?<!\\):")


class Sample(NamedTuple):
    """One execution. ``rows`` were fetched or, when the query returns none, changed; -1 where nobody knows."""

    query_ns: int
    fetch_ns: int
    rows: int
    fetched: bool


@final
class Query:
    """SQL as the driver takes it or, when ``bound``, SQL in which ``:name`` stands for a value.

    A statement of a transaction has a ``name``; ``where`` is where it was written.
    """

    def __init__(self, sql: str, dialect: str, *, bound: bool = False, name: str = "", where: str = "") -> None:
        self.sql = sql
        self.name = name
        self.where = where
        self._dialect = dialect
        self._text = _without_colons(sql, dialect) if bound else ""
        self._bound = _clause(self._text) if bound else None

    @property
    def names(self) -> tuple[str, ...]:
        """The names that need a value."""
        return () if self._bound is None else tuple(self._bound.compile().params)

    def sample(self, session: Session, values: Values) -> Sample:
        """Time one execution. Raises one of `perfreg.measure.database.failure.errors`."""
        session.since = started = perf_counter_ns()
        if self._bound is None:
            result = session.connection.exec_driver_sql(self.sql, execution_options=RAW)
        else:
            result = session.connection.execute(self._bound, values)
        available = perf_counter_ns()
        fetched = result.returns_rows
        rows = len(result.fetchall()) if fetched else result.rowcount
        finished = perf_counter_ns()
        session.since = 0
        result.close()
        return Sample(available - started, finished - available, rows, fetched)

    def plan(self, session: Session, values: Values) -> plans.Plan:
        """Ask the engine for its plan; the query is not run. Raises as `sample` does, ``ValueError`` without one."""
        prefix = _EXPLAIN.get(self._dialect)
        if prefix is None:
            raise ValueError(f"perfreg does not read plans of {self._dialect}")
        if statements.keyword(self.sql) not in _EXPLAINABLE or len([*statements.split(self.sql, self._dialect)]) != 1:
            # After the first of several statements, EXPLAIN would run the others.
            raise ValueError("only a single SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES or WITH has one")
        session.since = perf_counter_ns()
        result = self._explained(session, values, prefix)
        read: dict[str, Callable[[], plans.Plan]] = {
            "postgresql": lambda: plans.postgresql(result.scalar()),
            "mysql": lambda: plans.mysql(result.scalar()),
            "sqlite": lambda: plans.sqlite(tuple(row) for row in result),
        }
        found = read[self._dialect]()
        session.since = 0
        return found

    def _explained(self, session: Session, values: Values, prefix: str) -> CursorResult[Any]:
        if self._bound is None:
            return session.connection.exec_driver_sql(prefix + self.sql, execution_options=RAW)
        return session.connection.execute(_clause(prefix + self._text), values)


def _clause(text: str) -> Any:
    import sqlalchemy

    return sqlalchemy.text(text)


def _without_colons(sql: str, dialect: str) -> str:
    """The same for SQLAlchemy, which would find names also in quotes and comments."""
    parts, position = [], 0
    for token in tokens(sql, dialect):
        parts += [sql[position : token.start], _COLON.sub(r"\\:", sql[token.start : token.stop])]
        position = token.stop
    return "".join((*parts, sql[position:]))
