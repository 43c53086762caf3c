"""One measurement from the connection to the last client: prepare, try out, ask for plans, load, tear down."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

from perfreg.errors import InputError, MeasureError
from perfreg.measure.context import Context
from perfreg.measure.database import load, statements, target, values
from perfreg.measure.database.failure import errors
from perfreg.measure.database.outcome import Findings
from perfreg.measure.database.plans import Plan
from perfreg.measure.database.preparation import prepared
from perfreg.measure.database.scanner import SqlTextError
from perfreg.measure.database.server import Server, open_server, prepares
from perfreg.measure.database.session import Session
from perfreg.measure.database.turns import Turns
from perfreg.measure.database.values import Bindings, Values
from perfreg.measure.database.watchdog import Watchdog
from perfreg.measure.database.work import Work, query_work, script_work

_CONNECTS = 10
_LOAD_STARTS = 0.1
_EMBEDDED = frozenset({"sqlite", "duckdb"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be measured: a ``query``, or a ``transaction`` as the configuration has it."""

    where: str
    query: str
    transaction: str | tuple[str, ...]
    rollback: bool
    bindings: Bindings
    prepared: bool | None
    turns: Turns
    iterations: int
    clients: int
    warm_up: int
    timeout_s: float


def bound(constants: Values, data: str | Sequence[Values], context: Context, where: str) -> Bindings:
    """The values of all passages. Raises `InputError` when a file of them cannot be read."""
    rows = values.read(context.directory / data, where) if isinstance(data, str) else tuple(data)
    return values.bindings(constants, rows, context.seed)


def observe(
    job: Job,
    connection_string: str,
    setup: str | tuple[str, ...],
    teardown: str | tuple[str, ...],
    context: Context,
) -> tuple[Findings, tuple[str, ...]]:
    """What was found, and warnings. Raises `MeasureError` or `InputError` when nothing could be measured."""
    where, dialect = job.where, target.dialect_of(connection_string)
    before = statements.read(setup, context.directory, dialect, f"{where}.setup")
    after = statements.read(teardown, context.directory, dialect, f"{where}.teardown")
    work = _work(job, dialect, context)
    with _located(f"{where}.connection_string"):
        url = target.parse(connection_string, context.directory, may_create=bool(before))
        target.check(url, context.targets)
        server = open_server(url, where=where, timeout=job.timeout_s, targets=context.targets, prepared=job.prepared)
    with server.session(patient=True):  # held open: a database in memory lives as long as its last session
        context.progress(0.0, "preparing the database")
        with prepared(server, before, after) as warnings:
            findings = _observe(job, work, context, server)
    driver = server.engine.dialect.driver
    if job.prepared and not prepares(driver):
        warnings.append(f"statements are not prepared on the server: {driver} does not do that")
    return findings, tuple(warnings)


def _work(job: Job, dialect: str, context: Context) -> Work:
    with_values = job.bindings.are_any
    place = f"{job.where}.{'transaction' if job.transaction else 'query'}"
    try:
        if job.transaction:
            script = statements.read(job.transaction, context.directory, dialect, place)
            work = script_work(script, dialect, bound=with_values, rollback=job.rollback, where=place)
        else:
            work = query_work(job.query, dialect, bound=with_values, rollback=job.rollback, where=place)
    except SqlTextError as error:
        raise InputError(error.message, where=place, hint=error.hint) from error
    for query in work.queries:
        job.bindings.check(query.names, query.where)
    return work


def _observe(job: Job, work: Work, context: Context, server: Server) -> Findings:
    plans, no_plan = _try_out(job, work, server)
    times = server.connection_times(_CONNECTS)
    clients = _scaled(job.clients, context.stress_multiplier)

    def progress(share: float) -> None:
        done = f"{round(share * job.iterations)} of {job.iterations}" if job.iterations else f"{100 * share:.0f} %"
        context.progress(
            _LOAD_STARTS + share * (1 - _LOAD_STARTS), f"{done} {work.nouns if job.iterations else 'done'}"
        )

    result = load.run(
        server,
        load.LoadPlan(
            work=work,
            bindings=job.bindings,
            turns=job.turns,
            clients=clients,
            warm_up=job.warm_up,
            first=1 if job.warm_up else 0,
            progress=progress,
        ),
    )
    if not result.answers:
        raise _failed(work, result.said or result.stopped_by, f"none of {result.attempts} {work.nouns} succeeded")
    return Findings(
        load=result,
        turns=job.turns,
        iterations=job.iterations,
        clients=clients,
        parts=work.parts,
        connection_times=times,
        plans=plans,
        no_plan=no_plan,
        is_embedded=server.dialect in _EMBEDDED,
        values_vary=job.bindings.vary,
    )


def _try_out(job: Job, work: Work, server: Server) -> tuple[dict[str, Plan], tuple[str, ...]]:
    """Go through the work once, so that wrong SQL ends here, and get all plans, or the reasons why there are none."""
    plans: dict[str, Plan] = {}
    reasons = []
    first = job.bindings.at(0)
    session = Session(server)
    with closing(session), Watchdog([session], server.timeout):
        if job.warm_up:
            try:
                work.run(session, first)
            except errors() as error:
                failure, _ = session.give_up(error, within=bool(work.begin))
                raise _failed(work, failure.message, f"the {work.noun} failed", session.part) from error
        session.part = ""
        for query in work.queries:
            try:
                plans[query.name] = query.plan(session, first)
            except errors() as error:
                failure, _ = session.give_up(error, within=False)
                of = f" of {query.name}" if query.name else ""
                reasons.append(f"no query plan{of}: {failure.message}")
    return plans, tuple(reasons)


def _failed(work: Work, reason: str, what: str, part: str = "") -> MeasureError:
    """``part`` is the name of the statement that failed, where one is known."""
    query = next((each for each in work.queries if each.name == part), work.queries[0])
    where = query.where if part or not work.is_script else query.where.partition(".transaction")[0] + ".transaction"
    return MeasureError(f"{what}: {reason}", where=where, hint="check the SQL against the database's schema")


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
