"""The working copy of the store: one SQLite file, written in transactions, safe to kill at any moment."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from perfreg.errors import StoreError
from perfreg.model.event import Event
from perfreg.model.history import RunFacts
from perfreg.model.run import Measurement, Run
from perfreg.store.codec import VERSION as RECORD_VERSION
from perfreg.store.codec import decode_event, decode_run, encode_event, encode_run
from perfreg.store.exchange import QUARANTINE, Corrupt, Line, Shards, read, shards_of
from perfreg.store.tables import TABLES, VERSION

_LOCK_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge brought: new runs and events, lines that are kept but not understood, and problems."""

    runs: int = 0
    events: int = 0
    foreign: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SqliteStore:
    """A set of runs and events in the file ``path``. Every method raises `StoreError` when it cannot be used."""

    path: Path

    def open(self) -> None:
        """Create or check the file, so that a store that cannot be written fails before anything is measured."""
        with self.connect() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()

    def check(self) -> None:
        """Let SQLite check the whole file. Raises `StoreError` with the first thing that is wrong with it."""
        with self.connect() as connection:
            (answer,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if answer != "ok":
            hint = "move it away: it is made again from what is stored elsewhere"
            raise StoreError(f"the file is damaged: {answer}", where=str(self.path), hint=hint)

    def add(self, *records: Run | Event) -> None:
        """Add records of this machine; they are pending until `settle` says that they were pushed.

        Raises `StoreError` also for a record that the exchange form cannot hold, such as one that is too long.
        """
        lines = [encode_run(each) if isinstance(each, Run) else encode_event(each) for each in records]
        shards = shards_of(lines)
        if QUARANTINE in shards:
            hint = "measure fewer metrics in one run; nothing of it was stored"
            raise StoreError("a record cannot be stored: it is too long", where=str(self.path), hint=hint)
        self._merge(read(shards), pending=True)

    def merge(self, shards: Shards, origin: str = "") -> Merged:
        """Add what ``shards`` hold and is not there yet; ``origin`` names them in problems."""
        with self.connect() as connection:
            known = set(connection.execute("SELECT name, digest FROM shards"))
        digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in shards.items()}
        fresh = {name: text for name, text in shards.items() if (name, digests[name]) not in known}
        merged = self._merge(read(fresh, origin), pending=False)
        if not merged.problems:
            with self.change() as connection:
                rows = ((name, digests[name]) for name in fresh)
                connection.executemany("INSERT OR IGNORE INTO shards VALUES (?, ?)", rows)
        return merged

    def _merge(self, lines: Iterable[Line | Corrupt], *, pending: bool) -> Merged:
        counts = {"run": 0, "event": 0, "foreign": 0}
        problems: list[str] = []
        with self.change() as connection:
            index = _Index(connection)
            for line in lines:
                if isinstance(line, Corrupt):
                    problems.append(f"{line.where}: left out: {line.problem}")
                    continue
                try:
                    kind = _insert(connection, index, line, pending=pending)
                except StoreError as error:
                    problems.append(f"{error.where}: left out: {error.message}")
                    continue
                if kind:
                    counts[kind] += 1
        return Merged(runs=counts["run"], events=counts["event"], foreign=counts["foreign"], problems=tuple(problems))

    def pending(self) -> Shards:
        """The records of this machine that were not pushed yet and concern others: decisions, and runs with a road
        to the baseline. What a pull request or a try has measured stays here.
        """
        query = (
            "SELECT line FROM lines LEFT JOIN runs ON runs.id = lines.id"
            " WHERE pending AND (runs.id IS NULL OR runs.trust != 'none') ORDER BY lines.id, line"
        )
        with self.connect() as connection:
            rows = connection.execute(query).fetchall()
        return shards_of(line for (line,) in rows)

    def settle(self, pushed: Shards) -> None:
        """Note that these records were pushed."""
        texts = [(line.id, line.text) for line in read(pushed) if isinstance(line, Line)]
        with self.change() as connection:
            connection.executemany("UPDATE lines SET pending = 0 WHERE id = ? AND line = ?", texts)

    def shards(self) -> Shards:
        """The whole store in its exchange form."""
        with self.connect() as connection:
            return shards_of(line for (line,) in connection.execute("SELECT line FROM lines ORDER BY id, line"))

    def remove(self, ids: Iterable[str]) -> None:
        """Take records out for good."""
        rows = [(name,) for name in ids]
        with self.change() as connection:
            index = _Index(connection)
            for (name,) in rows:
                index.drop(name)
            connection.executemany("DELETE FROM lines WHERE id = ?", rows)
            connection.execute("DELETE FROM shards")

    def facts(self) -> tuple[RunFacts, ...]:
        """All runs without their measurements, oldest first."""
        query = "SELECT id, started_at, status, trust, regressed, revision, environment FROM runs ORDER BY id"
        with self.connect() as connection:
            rows = connection.execute(query).fetchall()
        return tuple(
            RunFacts(
                id=name,
                started_at=started_at,
                status=status,
                trust=trust,
                regressed=tuple(json.loads(regressed)) if regressed else (),
                commit=revision,
                environment=environment,
            )
            for name, started_at, status, trust, regressed, revision, environment in rows
        )

    def events(self) -> tuple[Event, ...]:
        """All events, oldest first."""
        return tuple(decode_event(line) for line in self._lines("event"))

    def runs(self) -> tuple[Run, ...]:
        """All runs with their measurements, oldest first."""
        return tuple(decode_run(line) for line in self._lines("run"))

    def _lines(self, kind: str) -> list[Line]:
        query = "SELECT line FROM lines WHERE kind = ? GROUP BY id HAVING line = min(line) ORDER BY id"
        with self.connect() as connection:
            texts = [text for (text,) in connection.execute(query, (kind,))]
        found = read({"lines.jsonl": "\n".join(texts)}, f"{self.path}: ")
        return [line for line in found if isinstance(line, Line) and line.version == RECORD_VERSION]

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        """A connection in autocommit mode, for the queries of this package."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_LOCK_TIMEOUT_S, isolation_level=None)) as connection:
                self._prepare(connection)
                yield connection
        except (sqlite3.Error, OSError) as error:
            hint = "check its permissions and that it is a perfreg store, or move it away"
            raise StoreError(f"the store cannot be used: {error}", where=str(self.path), hint=hint) from error

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """A connection in one transaction: all that happens in the block is there afterwards, or nothing of it."""
        with self.connect() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA synchronous = FULL")
        if self._version(connection) < VERSION:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            # Another process may have been faster while this one waited for the lock.
            if self._version(connection) == 0:
                for statement in TABLES.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.commit()
        if self._version(connection) != VERSION:
            hint = "use the perfreg that wrote it"
            raise StoreError("the store was written by another version of perfreg", where=str(self.path), hint=hint)

    @staticmethod
    def _version(connection: sqlite3.Connection) -> int:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


class _Index:
    """Enters runs into the tables that are searched; remembers the numbers of series within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        query = "SELECT scenario, metric, unit, scenario_hash, environment, number FROM series"
        self._series: dict[tuple[str, ...], int] = {tuple(key): number for *key, number in connection.execute(query)}

    def add(self, run: Run) -> None:
        """Enter a run that is not there yet."""
        regressed = json.dumps(run.regressed) if run.regressed else ""
        facts = (run.id, run.started_at, run.status, run.trust, regressed, run.source.commit, run.environment.key)
        number = self._connection.execute(
            "INSERT INTO runs (id, started_at, status, trust, regressed, revision, environment)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            facts,
        ).lastrowid
        hashes = {record.name: record.hash for record in run.scenarios}
        self._connection.executemany(
            "INSERT OR IGNORE INTO points VALUES (?, ?, ?, ?, ?, ?)",
            [
                (self._number(point, hashes, run), number, point.value, point.n, point.std_error, point.text)
                for point in run.measurements
            ],
        )

    def drop(self, name: str) -> None:
        """Take the run with this id out again."""
        self._connection.execute("DELETE FROM points WHERE run = (SELECT number FROM runs WHERE id = ?)", (name,))
        self._connection.execute("DELETE FROM runs WHERE id = ?", (name,))

    def _number(self, point: Measurement, hashes: Mapping[str, str], run: Run) -> int:
        key = (point.scenario, point.metric, point.unit, hashes.get(point.scenario, ""), run.environment.key)
        if key not in self._series:
            cursor = self._connection.execute(
                "INSERT INTO series (scenario, metric, unit, scenario_hash, environment, direction)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (*key, point.direction),
            )
            self._series[key] = cursor.lastrowid or 0
        return self._series[key]


def _insert(connection: sqlite3.Connection, index: _Index, line: Line, *, pending: bool) -> str:
    """Add one line and its index entries; empty when it was there. Raises `StoreError` for what is no record.

    Of several runs with one id the first in the order of text counts, whichever came first.
    """
    kind = line.kind if line.kind in ("run", "event") and line.version == RECORD_VERSION else "foreign"
    rows = connection.execute("SELECT line FROM lines WHERE id = ? AND kind = ?", (line.id, kind)).fetchall()
    known = [text for (text,) in rows]
    if line.text in known:
        return ""
    if kind == "run":
        run = decode_run(line)
        if known and line.text < min(known):
            index.drop(line.id)
        if not known or line.text < min(known):
            index.add(run)
    elif kind == "event":
        decode_event(line)
    connection.execute("INSERT INTO lines VALUES (?, ?, ?, ?)", (line.id, line.text, kind, pending))
    return kind
