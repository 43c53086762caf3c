"""The series of metrics as the analysis wants them: the newest trusted points, and what explains an empty series."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable

from perfreg.model.history import Point, Series, SeriesKey
from perfreg.store.sqlite import SqliteStore

_BATCH = 240
"""Runs that are looked at first; most series have all their newest points in them."""

_GROWTH = 8

_POINTS = """
SELECT run, value, n, std_error, text FROM points
WHERE series = ? AND run IN (SELECT value FROM json_each(?))
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
        reader = _Reader(connection, trusted)
        return {key: _series(reader, key, start(key.name), limit) for key in keys}


class _Reader:
    """Reads points of trusted runs, the newest first, in batches of runs that grow."""

    def __init__(self, connection: sqlite3.Connection, trusted: Collection[str]) -> None:
        self.connection = connection
        query = "SELECT number, id, started_at FROM runs WHERE status = 'ok' AND trust != 'none' ORDER BY id DESC"
        self._runs = [(number, (name, at)) for number, name, at in connection.execute(query) if name in trusted]
        self._batches: list[tuple[dict[int, tuple[str, str]], str]] = []
        first, size = 0, _BATCH
        while first < len(self._runs):
            batch = dict(self._runs[first : first + size])
            self._batches.append((batch, json.dumps(list(batch))))
            first, size = first + size, size * _GROWTH

    def points(self, series: int, start: str, limit: int) -> tuple[Point, ...]:
        """The newest ``limit`` points of a series whose runs began at or after ``start``, oldest first."""
        found: list[Point] = []
        for batch, numbers in self._batches:
            rows = self.connection.execute(_POINTS, (series, numbers)).fetchall()
            here = [
                Point(run=batch[run][0], value=value, n=n, std_error=std_error, text=text)
                for run, value, n, std_error, text in rows
                if batch[run][1] >= start
            ]
            found += sorted(here, key=lambda point: point.run, reverse=True)
            if len(found) >= limit:
                break
        return tuple(reversed(found[:limit]))


def list_keys(store: SqliteStore) -> tuple[SeriesKey, ...]:
    """Every series of the store."""
    query = "SELECT scenario, metric, unit, scenario_hash, environment FROM series ORDER BY scenario, metric"
    with store.connect() as connection:
        rows = connection.execute(query).fetchall()
    return tuple(
        SeriesKey(scenario=scenario, metric=metric, unit=unit, scenario_hash=scenario_hash, environment=environment)
        for scenario, metric, unit, scenario_hash, environment in rows
    )


def _series(reader: _Reader, key: SeriesKey, start: str, limit: int) -> Series:
    rows = reader.connection.execute(
        "SELECT number, scenario_hash, environment, direction FROM series"
        " WHERE scenario = ? AND metric = ? AND unit = ?",
        (key.scenario, key.metric, key.unit),
    ).fetchall()
    same = [row for row in rows if row[1] == key.scenario_hash]
    here = next((row for row in same if row[2] == key.environment), None)
    points = reader.points(here[0], start, limit) if here else ()
    if points:
        return Series(key=key, direction=here[3] if here else "lower", points=points)
    elsewhere = [point for row in same for point in reader.points(row[0], start, 1)]
    others = (row for row in rows if row[1] != key.scenario_hash)
    return Series(
        key=key,
        elsewhere=max(elsewhere, key=lambda point: point.run, default=None),
        other_definition=any(reader.points(row[0], start, 1) for row in others),
    )
