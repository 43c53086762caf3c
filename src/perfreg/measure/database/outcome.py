"""From what was observed to measurements, doubts and the reasons why a scenario is broken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from perfreg.measure.context import Outcome
from perfreg.measure.database.load import Load
from perfreg.measure.database.plans import Plan
from perfreg.measure.database.turns import Schedule, Turns
from perfreg.model.metric import CATALOGUE, Metric
from perfreg.model.run import Measurement
from perfreg.stats import describe, slices
from perfreg.stats.describe import BLOCKS, standard_error
from perfreg.stats.distribution import Distribution, merge

_BUSY = 0.9
"""A process that uses this share of a core has hardly any left to wait with: its threads run one at a time."""
_LONG_S = 0.5
_LAG_MS = 10.0
"""A generator that is later than this, and by half of what it measures, mostly measures itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was observed. Times are in ms; ``iterations`` were asked for, 0 where a time was.

    ``plans`` are those of the statements by name, or of the query under an empty one; ``no_plan`` says why some have
    none. ``is_embedded``: the engine works in this process, and its work cannot be told from the generator's.
    """

    load: Load
    turns: Turns
    iterations: int
    clients: int = 1
    parts: tuple[str, ...] = ()
    connection_times: tuple[float, ...]
    plans: Mapping[str, Plan]
    no_plan: tuple[str, ...] = ()
    is_embedded: bool = False
    values_vary: bool = False

    @property
    def elapsed_s(self) -> float:
        """How long the clients worked, all at the same time; of a schedule, the time that it fills."""
        return self.turns.duration_s if isinstance(self.turns, Schedule) else self.load.elapsed_s

    @property
    def noun(self) -> str:
        """What is counted."""
        return "transactions" if self.parts else "queries"


def part_metrics(name: str) -> tuple[Metric, ...]:
    """The metrics of a statement of a transaction: they tell where the time goes, and are judged by nobody."""
    return tuple(
        Metric(name=f"{name}_response_time_{take}", unit="ms", direction="none") for take in ("mean", "p50", "p95")
    )


def plan_metrics(name: str) -> tuple[Metric, Metric]:
    """Shape and cost of the plan of a statement with a name, or of the query."""
    shape, cost = CATALOGUE["plan_shape"], CATALOGUE["plan_cost"]
    return (
        (replace(shape, name=f"{name}_plan_shape"), replace(cost, name=f"{name}_plan_cost")) if name else (shape, cost)
    )


def to_outcome(name: str, findings: Findings, *, max_error_rate_pct: float) -> Outcome:
    """Measurements, and whether they can be trusted. Raises ``ValueError`` when nothing succeeded."""
    result = findings.load
    reasons = tuple(_reasons(findings, max_error_rate_pct))
    return Outcome(
        measurements=tuple(_measurements(name, findings)),
        status="broken" if reasons else "ok",
        reasons=reasons,
        warnings=tuple(_warnings(findings)),
        errors=dict(result.errors),
        samples={family: merge(found).histogram for family, found in _families(findings)},
        attempts=result.attempts,
        busy_s=findings.elapsed_s,
    )


def _families(findings: Findings) -> Iterator[tuple[str, tuple[Distribution, ...]]]:
    """Families of quantiles and their samples, the one first that is judged."""
    ledger = findings.load.ledger
    if findings.parts or findings.turns.open_loop:
        yield "response_time", ledger.times("response")
    if findings.turns.open_loop:
        yield "service_time", ledger.times("service")
    if not findings.parts:
        yield "query_time", ledger.times("query")
    for part in findings.parts:
        yield f"{part}_response_time", (ledger.part(part),)


def _measurements(name: str, findings: Findings) -> Iterator[Measurement]:
    result = findings.load
    metrics = {part: part_metrics(part) for part in findings.parts}
    for family, found in _families(findings):
        known = metrics.get(family.removesuffix("_response_time"), ())
        for metric in known:
            yield slices.from_slices(name, metric, found, take=metric.name.rpartition("_")[2])
        if not known:
            yield from slices.family(name, family, found)
    yield describe.from_samples(name, CATALOGUE["connection_time"], findings.connection_times)
    if result.fetched:
        yield slices.from_slices(name, CATALOGUE["fetch_time"], result.ledger.times("fetch"), take="mean")
    yield _throughput(name, findings)
    known_rows = {rows: count for rows, count in result.rows.items() if rows >= 0}
    if known_rows and not (findings.values_vary and len(known_rows) > 1):
        rows = max(known_rows, key=lambda each: known_rows[each])
        yield describe.single(name, CATALOGUE["row_count"], float(rows), n=sum(known_rows.values()))
    error_rate = 100 * sum(result.errors.values()) / result.attempts
    yield describe.single(name, CATALOGUE["error_rate"], error_rate, n=result.attempts)
    yield from _plans(name, findings.plans)
    yield from _generator(name, findings)


def _plans(name: str, found: Mapping[str, Plan]) -> Iterator[Measurement]:
    for statement, plan in found.items():
        shape, cost = plan_metrics(statement)
        yield describe.single(name, shape, plan.fingerprint, text=plan.text)
        if plan.cost is not None:
            yield describe.single(name, cost, plan.cost)


def _throughput(name: str, findings: Findings) -> Measurement:
    result = findings.load
    if findings.turns.open_loop:
        counts = [each.n * BLOCKS / findings.elapsed_s for each in result.ledger.times("response")[:BLOCKS]]
    else:
        known = [each for each in result.ledger.times("response") if each.n]
        counts = [1e3 * findings.clients / each.moments.mean for each in known]
    rate = result.answers / findings.elapsed_s
    return describe.single(name, CATALOGUE["throughput"], rate, n=result.answers, std_error=standard_error(counts))


def _generator(name: str, findings: Findings) -> Iterator[Measurement]:
    """What the load cost its own process: numbers that inform and are judged by nobody."""
    result = findings.load
    if not findings.is_embedded:
        yield describe.single(name, CATALOGUE["generator_cpu"], 100 * result.generator.busy, n=result.attempts)
    if findings.turns.open_loop:
        lag = result.ledger.lag
        yield describe.single(name, CATALOGUE["generator_lag"], lag.quantile(0.99), n=lag.n)


def _reasons(findings: Findings, limit_pct: float) -> Iterator[str]:
    result, noun = findings.load, findings.noun
    failed = sum(result.errors.values())
    rate = 100 * failed / result.attempts
    if rate > limit_pct:
        yield (
            f"{failed} of {result.attempts} {noun} failed ({rate:.3g} %, at most {limit_pct:g} % may), one with: "
            f"{result.said}"
        )
    if result.stopped_by and (findings.turns.in_time or result.attempts < findings.iterations):
        asked = f" of {findings.iterations}" if findings.iterations else ""
        yield f"stopped after {result.attempts}{asked} {noun}: {result.stopped_by}"
    if isinstance(findings.turns, Schedule):
        yield from _missed(findings, findings.turns)


def _missed(findings: Findings, schedule: Schedule) -> Iterator[str]:
    """Why the times that were measured are not those of the schedule."""
    result = findings.load
    if schedule.unsent:
        yield (
            f"the schedule was not kept: {schedule.unsent} of {schedule.scheduled} {findings.noun} were never begun, "
            f"as all {findings.clients} clients still waited for answers"
        )
    late, usual = result.ledger.lag.quantile(0.99), merge(result.ledger.times("response")).quantile(0.5)
    if late > max(_LAG_MS, usual / 2):
        yield (
            f"the load generator was too slow for the schedule: 1 % of the {findings.noun} were begun {late:.3g} ms "
            "late or later by its own fault"
        )


def _warnings(findings: Findings) -> Iterator[str]:
    yield from findings.no_plan
    result = findings.load
    if len(result.rows) > 1 and not findings.values_vary:
        yield f"the row count varied between {min(result.rows)} and {max(result.rows)}; the most common one is reported"
    if result.warm_up_failures:
        yield f"{result.warm_up_failures} warm-up {findings.noun} failed, one with: {result.warm_up_said}"
    busy = result.generator.busy
    if busy >= _BUSY and result.generator.wall_s >= _LONG_S and not findings.is_embedded:
        yield (
            f"the load generator, not the database, was the limit: it used {100 * busy:.0f} % of a core; "
            "use fewer clients or a lower rate"
        )
