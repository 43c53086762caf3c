"""Measure a query as a `database` scenario does, in a few words."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from perfreg.measure.context import Context, Outcome
from perfreg.measure.scenarios.database import KIND, DatabaseSpec
from perfreg.model.run import Measurement
from tests.support.contexts import make_context

FILL = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, age INT);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
    "INSERT INTO users SELECT i, 'u' || i, i % 50 FROM n"
)
"""A setup for SQLite: a thousand users."""

QUERY = "SELECT * FROM users WHERE email LIKE 'u99%'"
"""Finds eleven of them."""


def make_spec(url: str, query: str, **keys: Any) -> DatabaseSpec:
    """A scenario named ``orders`` that is measured quickly unless ``keys`` say otherwise."""
    quick = {"warm_up_iterations": 2} if "duration" in keys else {"iterations": 20, "warm_up_iterations": 2}
    data = {"name": "orders", "type": "database", "connection_string": url, "query": query, **quick, **keys}
    return DatabaseSpec.model_validate(data)


def measure_query(url: str, query: str, context: Context | Path, **keys: Any) -> Outcome:
    """The outcome of one scenario, in a context of its own when given a directory."""
    world = make_context(context) if isinstance(context, Path) else context
    outcome: Outcome = KIND.measure(make_spec(url, query, **keys), world)
    return outcome


def metrics_of(outcome: Outcome) -> dict[str, Measurement]:
    """The measurements by metric; each must be there once."""
    found = {measurement.metric: measurement for measurement in outcome.measurements}
    assert len(found) == len(outcome.measurements)
    return found


def rows_of(file: Path, query: str) -> list[tuple[Any, ...]]:
    """What a query finds in an SQLite file."""
    with closing(sqlite3.connect(file)) as database:
        return database.execute(query).fetchall()
