"""The result that the page about reports shows in every format: a search that became slower."""

from __future__ import annotations

from dataclasses import replace

from perfreg.model.metric import CATALOGUE
from perfreg.model.result import BaselineInfo, Gate, Result, Verdict
from perfreg.model.run import Measurement, ScenarioRecord
from perfreg.stats.describe import family, single
from tests.support import results

_REQUESTS = 400


def _times() -> list[float]:
    """Milliseconds, skewed as services' are."""
    return [round(38 + 30 * (rank / _REQUESTS) ** 2 + (rank % 7) / 4, 3) for rank in range(_REQUESTS)]


def _measurements() -> tuple[Measurement, ...]:
    shown = ("response_time_p50", "response_time_p95")
    return (
        *(point for point in family("search", "response_time", _times()) if point.metric in shown),
        single("search", CATALOGUE["throughput"], 79.6, n=_REQUESTS),
        single("search", CATALOGUE["error_rate"], 0.5, n=_REQUESTS + 2),
    )


def _verdict(metric: str, base: float, change: float, **known: object) -> Verdict:
    point = next(each for each in _measurements() if each.metric == metric)
    made = Verdict(
        scenario="search",
        metric=metric,
        status="unchanged",
        direction=point.direction,
        base=base,
        head=point.value,
        unit=point.unit,
        change_pct=change,
        ci_low_pct=round(change - 1.9, 1),
        ci_high_pct=round(change + 2.1, 1),
        tolerance_pct=5.0,
        method="moderated-t",
        reason="within the tolerance of 5 %",
        baseline_runs=14,
        baseline_samples=5600,
    )
    return replace(made, **known)  # type: ignore[arg-type]


def result() -> Result:
    """A regression that fails the gate, beside what did not change and what cannot be told."""
    p95 = "+12.4 %, 3.6 standard deviations from 14 baseline runs"
    open_one = {"status": "inconclusive", "change_pct": None, "ci_low_pct": None, "ci_high_pct": None}
    verdicts = (
        _verdict("response_time_p95", 58.7, 12.4, status="regression", severity="high", reason=p95),
        _verdict("response_time_p50", 46.1, 1.1),
        _verdict("throughput", 80.2, -0.7),
        _verdict("error_rate", 0.0, 0.0, **open_one, method="binomial", reason="2 of 402 failed: too few to tell"),
    )
    name = "search.response_time_p95"
    reasons = (f"high regression of {name}: {p95}", "inconclusive: search.error_rate")
    run = replace(
        results.RUN,
        status="ok",
        duration_s=6.3,
        scenarios=(
            ScenarioRecord(
                name="search", kind="api", hash="1a2b3c4d", duration_s=5.0, errors={"status 503": 1, "timeout": 1}
            ),
        ),
        measurements=_measurements(),
    )
    gate = Gate(status="fail", reasons=reasons, failed=(name,))
    return Result(run=run, verdicts=verdicts, gate=gate, baseline=BaselineInfo(runs=14, age_days=1.0, health=0.9))
