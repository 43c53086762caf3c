"""What every passage of a client does: a query by itself, or a transaction of several statements."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import TYPE_CHECKING, NamedTuple

from perfreg.errors import InputError
from perfreg.measure.database import statements
from perfreg.measure.database.query import Query
from perfreg.measure.database.statements import Statement

if TYPE_CHECKING:
    from perfreg.measure.database.session import Session
    from perfreg.measure.database.values import Values

_MOST = 100
_BEGIN = {"mysql": "START TRANSACTION", "postgresql": "BEGIN", "sqlite": "BEGIN"}
_CONTROL = re.compile(r"BEGIN\b|START TRANSACTION\b|COMMIT\b|END\b|ABORT\b|ROLLBACK\b(?!.* TO )|PREPARE TRANSACTION\b")
_STARTS = re.compile(r"BEGIN\b|START TRANSACTION\b")
_COMMITS = re.compile(r"(COMMIT|END)( WORK| TRANSACTION)?")
_ROLLS_BACK = re.compile(r"(ROLLBACK|ABORT)( WORK| TRANSACTION)?")


class Passage(NamedTuple):
    """How long one passage took: by itself, by the engine and by the driver (ns), and by statement."""

    query_ns: int
    fetch_ns: int
    rows: int
    fetched: bool = False
    parts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The ``queries`` between ``begin`` and ``end``, both of which are empty where there is no transaction.

    ``is_script`` tells that times are taken by statement, too.
    """

    queries: tuple[Query, ...]
    begin: str = ""
    end: str = ""
    is_script: bool = False

    @property
    def noun(self) -> str:
        """What a passage is."""
        return "transaction" if self.is_script else "query"

    @property
    def nouns(self) -> str:
        """What passages are."""
        return "transactions" if self.is_script else "queries"

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the statements, those that begin and end the transaction included."""
        if not self.is_script:
            return ()
        return ("begin", *(query.name for query in self.queries), _name_of_end(self.end))

    def run(self, session: Session, values: Values) -> Passage:
        """Go through all of it once. Raises one of `perfreg.measure.database.failure.errors`."""
        if self.is_script:
            return self._run_script(session, values)
        if not self.begin:
            return Passage(*self.queries[0].sample(session, values))
        _timed(session, self.begin)
        sample = self.queries[0].sample(session, values)
        _timed(session, self.end)
        return Passage(*sample)

    def _run_script(self, session: Session, values: Values) -> Passage:
        session.part = "begin"
        parts = [_timed(session, self.begin)]
        query_ns = fetch_ns = rows = 0
        for query in self.queries:
            session.part = query.name
            sample = query.sample(session, values)
            query_ns += sample.query_ns
            fetch_ns += sample.fetch_ns
            rows += max(0, sample.rows)
            parts.append(sample.query_ns + sample.fetch_ns)
        session.part = _name_of_end(self.end)
        parts.append(_timed(session, self.end))
        return Passage(query_ns, fetch_ns, rows, parts=tuple(parts))


def query_work(sql: str, dialect: str, *, bound: bool, rollback: bool, where: str) -> Work:
    """A query by itself; to be rolled back, it is put into a transaction."""
    begin, end = (_BEGIN.get(dialect, "BEGIN TRANSACTION"), "ROLLBACK") if rollback else ("", "")
    return Work(queries=(Query(sql, dialect, bound=bound, where=where),), begin=begin, end=end)


def script_work(script: Sequence[Statement], dialect: str, *, bound: bool, rollback: bool, where: str) -> Work:
    """A transaction of the statements of a ``script``, which may begin and end it in its own words.

    Raises `InputError` for statements that end it midway, for names that are not unique, and when there are none.
    """
    begin, end = _BEGIN.get(dialect, "BEGIN TRANSACTION"), "ROLLBACK" if rollback else "COMMIT"
    inner = list(script)
    if inner and _STARTS.match(statements.words(inner[0].sql)):
        begin = inner.pop(0).sql
    if inner and (own := _own_end(inner[-1], rollback=rollback)):
        end = own
        inner.pop()
    if not inner or len(inner) > _MOST:
        found = "no statements" if not inner else f"{len(inner)} statements, and {_MOST} are the most"
        raise InputError(f"the transaction has {found}", where=where)
    for statement in inner:
        if _CONTROL.match(statements.words(statement.sql)):
            hint = "a passage is one transaction, and only the first statement may begin it and the last one end it"
            word = statements.keyword(statement.sql)
            raise InputError(f"{word} amid the transaction", where=statement.where, hint=hint)
    names = [each.name or f"statement_{number}" for number, each in enumerate(inner, start=1)]
    for number, name in enumerate(names):
        if name in ("begin", "commit", "rollback", *names[:number]):
            raise InputError(f"the name {name!r} is taken", where=inner[number].where, hint="choose another one")
    queries = (
        Query(each.sql, dialect, bound=bound, name=name, where=each.where)
        for each, name in zip(inner, names, strict=True)
    )
    return Work(queries=tuple(queries), begin=begin, end=end, is_script=True)


def _own_end(last: Statement, *, rollback: bool) -> str:
    said = statements.words(last.sql)
    if _ROLLS_BACK.fullmatch(said):
        return "ROLLBACK"
    if not _COMMITS.fullmatch(said):
        return ""
    if rollback:
        raise InputError("the transaction commits, and is to be rolled back", where=last.where, hint="leave one out")
    return last.sql


def _name_of_end(sql: str) -> str:
    return "rollback" if sql == "ROLLBACK" else "commit"


def _timed(session: Session, sql: str) -> int:
    session.since = started = perf_counter_ns()
    session.command(sql)
    finished = perf_counter_ns()
    session.since = 0
    return finished - started
