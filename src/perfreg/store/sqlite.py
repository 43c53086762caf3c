"""The working copy of the store: one SQLite file, written in transactions, safe to kill at any moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from perfreg.errors import StoreError
from perfreg.model.run import Run
from perfreg.store.codec import decode, encode

_VERSION = 1
_LOCK_TIMEOUT_S = 30.0
_TABLES = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    trust TEXT NOT NULL,
    environment TEXT NOT NULL,
    record TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS trusted_runs ON runs (trust, status, id);
"""


@dataclass(frozen=True, slots=True)
class SqliteStore:
    """A set of runs in the file ``path``. Every method raises `StoreError` when the file cannot be used."""

    path: Path

    def open(self) -> None:
        """Create or check the file, so that a store that cannot be written fails before anything is measured."""
        with self._connect() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()

    def add(self, run: Run) -> None:
        """Add ``run``; one that is there already is left as it is."""
        row = (run.id, run.status, run.trust, run.environment.key, encode(run))
        with self._connect() as connection, connection:
            connection.execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?)", row)

    def runs(self) -> tuple[Run, ...]:
        """All runs, oldest first."""
        return self._select("SELECT id, record FROM runs ORDER BY id")

    def trusted(self, limit: int) -> tuple[Run, ...]:
        """The newest ``limit`` runs that may serve as baseline, oldest first."""
        query = "SELECT id, record FROM runs WHERE trust != 'none' AND status = 'ok' ORDER BY id DESC LIMIT ?"
        return self._select(query, limit)[::-1]

    def _select(self, query: str, *arguments: int) -> tuple[Run, ...]:
        with self._connect() as connection:
            rows = connection.execute(query, arguments).fetchall()
        return tuple(decode(record, f"{self.path}: run {name}") for name, record in rows)

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_LOCK_TIMEOUT_S)) as connection:
                self._prepare(connection)
                yield connection
        except (sqlite3.Error, OSError) as error:
            hint = "check its permissions and that it is a perfreg store, or move it away"
            raise StoreError(f"the store cannot be used: {error}", where=str(self.path), hint=hint) from error

    def _prepare(self, connection: sqlite3.Connection) -> None:
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > _VERSION:
            hint = "use that version or newer"
            raise StoreError("the store was written by a newer perfreg", where=str(self.path), hint=hint)
        if found < _VERSION:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"BEGIN;{_TABLES}PRAGMA user_version = {_VERSION};COMMIT;")
        connection.execute("PRAGMA synchronous = FULL")
