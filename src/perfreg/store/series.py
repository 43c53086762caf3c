"""The series of metrics as the analysis wants them: the newest trusted points, and what explains an empty series."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable

from perfreg.model.history import Point, Series, SeriesKey
from perfreg.store.sqlite import SqliteStore

_NEWEST = """
SELECT runs.id, runs.started_at, value, n, std_error, text FROM points JOIN runs ON runs.number = points.run
WHERE points.series = ? AND runs.status = 'ok' AND runs.trust != 'none' ORDER BY runs.id DESC
"""


def load_series(
    store: SqliteStore,
    keys: Iterable[SeriesKey],
    *,
    trusted: Collection[str],
    start: Callable[[str], str],
    limit: int,
) -> dict[SeriesKey, Series]:
    """The series of each key: its newest ``limit`` points of ``trusted`` runs that began at or after ``start(name)``.

    Raises `StoreError` when the store cannot be read.
    """
    with store.connect() as connection:
        return {key: _series(connection, key, trusted, start(key.name), limit) for key in keys}


def list_keys(store: SqliteStore) -> tuple[SeriesKey, ...]:
    """Every series of the store."""
    query = "SELECT scenario, metric, unit, scenario_hash, environment FROM series ORDER BY scenario, metric"
    with store.connect() as connection:
        rows = connection.execute(query).fetchall()
    return tuple(
        SeriesKey(scenario=scenario, metric=metric, unit=unit, scenario_hash=scenario_hash, environment=environment)
        for scenario, metric, unit, scenario_hash, environment in rows
    )


def _series(connection: sqlite3.Connection, key: SeriesKey, trusted: Collection[str], start: str, limit: int) -> Series:
    rows = connection.execute(
        "SELECT number, scenario_hash, environment, direction FROM series"
        " WHERE scenario = ? AND metric = ? AND unit = ?",
        (key.scenario, key.metric, key.unit),
    ).fetchall()
    same = [row for row in rows if row[1] == key.scenario_hash]
    here = next((row for row in same if row[2] == key.environment), None)
    points = _points(connection, here[0], trusted, start, limit) if here else ()
    elsewhere = () if points else tuple(
        point for row in same if row[2] != key.environment for point in _points(connection, row[0], trusted, start, 1)
    )  # fmt: skip
    others = (row for row in rows if row[1] != key.scenario_hash)
    return Series(
        key=key,
        direction=here[3] if here else "lower",
        points=points,
        elsewhere=max(elsewhere, key=lambda point: point.run, default=None),
        other_definition=not points and any(_points(connection, row[0], trusted, start, 1) for row in others),
    )


def _points(
    connection: sqlite3.Connection, series: int, trusted: Collection[str], start: str, limit: int
) -> tuple[Point, ...]:
    found: list[Point] = []
    for run, started_at, value, n, std_error, text in connection.execute(_NEWEST, (series,)):
        if len(found) == limit or started_at < start:
            break
        if run in trusted:
            found.append(Point(run=run, value=value, n=n, std_error=std_error, text=text))
    return tuple(reversed(found))
