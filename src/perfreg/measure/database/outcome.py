"""From what was observed to measurements, doubts and the reasons why a scenario is broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from perfreg.measure.context import Outcome
from perfreg.measure.database.load import Load
from perfreg.measure.database.plans import Plan
from perfreg.model.metric import CATALOGUE
from perfreg.model.run import Measurement
from perfreg.stats import describe
from perfreg.stats.histogram import from_values


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """``iterations`` were asked for; times are in ms; ``no_plan`` says why there is no ``plan``."""

    load: Load
    iterations: int
    clients: int = 1
    connection_times: tuple[float, ...]
    plan: Plan | None
    no_plan: str


def to_outcome(name: str, findings: Findings, *, max_error_rate_pct: float) -> Outcome:
    """Measurements, and whether they can be trusted. Raises ``ValueError`` when no query succeeded."""
    result = findings.load
    rate = 100 * len(result.failures) / result.attempts
    reasons = []
    if rate > max_error_rate_pct:
        reasons.append(
            f"{len(result.failures)} of {result.attempts} queries failed ({rate:.3g} %, at most "
            f"{max_error_rate_pct:g} % may), one with: {result.failures[0].message}"
        )
    if result.stopped_by and result.attempts < findings.iterations:
        reasons.append(f"stopped after {result.attempts} of {findings.iterations} queries: {result.stopped_by}")
    return Outcome(
        measurements=tuple(_measurements(name, findings)),
        status="broken" if reasons else "ok",
        reasons=tuple(reasons),
        warnings=tuple(_warnings(findings)),
        errors=dict(Counter(failure.kind for failure in result.failures)),
        samples={"query_time": from_values([sample.query_ns / 1e6 for sample in result.samples])},
        attempts=result.attempts,
        busy_s=_busy_s(findings),
    )


def _busy_s(findings: Findings) -> float:
    """How long the clients worked, all at the same time."""
    return sum(sample.query_ns + sample.fetch_ns for sample in findings.load.samples) / 1e9 / findings.clients


def _measurements(name: str, findings: Findings) -> Iterator[Measurement]:
    samples = findings.load.samples
    attempts = findings.load.attempts
    yield from describe.family(name, "query_time", [sample.query_ns / 1e6 for sample in samples])
    yield describe.from_samples(name, CATALOGUE["connection_time"], findings.connection_times)
    if fetches := [sample.fetch_ns / 1e6 for sample in samples if sample.fetched]:
        yield describe.from_samples(name, CATALOGUE["fetch_time"], fetches)
    if known := [sample.rows for sample in samples if sample.rows >= 0]:
        [(rows, _)] = Counter(known).most_common(1)
        yield describe.single(name, CATALOGUE["row_count"], float(rows), n=len(known))
    error_rate = 100 * len(findings.load.failures) / attempts
    yield describe.single(name, CATALOGUE["error_rate"], error_rate, n=attempts)
    if findings.plan is not None:
        shape = CATALOGUE["plan_shape"]
        yield describe.single(name, shape, findings.plan.fingerprint, text=findings.plan.text)
        if findings.plan.cost is not None:
            yield describe.single(name, CATALOGUE["plan_cost"], findings.plan.cost)


def _warnings(findings: Findings) -> Iterator[str]:
    if findings.no_plan:
        yield findings.no_plan
    counts = {sample.rows for sample in findings.load.samples}
    if len(counts) > 1:
        yield f"the row count varied between {min(counts)} and {max(counts)}; the most common one is reported"
    if failures := findings.load.warm_up_failures:
        yield f"{len(failures)} warm-up queries failed, one with: {failures[0].message}"
