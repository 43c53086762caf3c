"""Results of paired comparisons for the tests of reports: one with every verdict, and special ones."""

from __future__ import annotations

from dataclasses import replace

from perfreg.model.comparison import Comparison, MetricNoise, Side
from perfreg.model.result import Gate, Result, Verdict
from perfreg.model.run import ScenarioRecord
from tests.support import results

BASE_COMMIT = "77aa0e7b2d3a4c5e6f708192a3b4c5d6e7f80911"

COMPARISON = Comparison(
    base=Side(name="base", label="main", commit=BASE_COMMIT),
    head=Side(name="head", label=".", commit=results.RUN.source.commit, dirty=True),
    seed=7,
    budget_s=60.0,
    elapsed_s=47.3,
    restarts=4,
    noise=(
        MetricNoise(
            scenario="search",
            metric="response_time_p95",
            rounds=22,
            sigma_pct=1.9,
            detectable_pct=1.8,
            self_low_pct=-1.0,
            self_high_pct=0.5,
        ),
        MetricNoise(
            scenario="search",
            metric="throughput",
            rounds=22,
            sigma_pct=1.2,
            detectable_pct=1.1,
            self_low_pct=0.2,
            self_high_pct=1.3,
        ),
        MetricNoise(
            scenario="search",
            metric="response_time_p50",
            rounds=22,
            sigma_pct=0.7,
            detectable_pct=0.64,
            self_low_pct=-0.4,
            self_high_pct=0.4,
        ),
        MetricNoise(
            scenario="orders",
            metric="query_time_p95",
            rounds=31,
            sigma_pct=9.1,
            detectable_pct=6.0,
            self_low_pct=-4.0,
            self_high_pct=3.1,
        ),
        MetricNoise(scenario="orders", metric="row_count", rounds=2),
    ),
)

VERDICTS = (
    Verdict(
        scenario="search",
        metric="response_time_p95",
        status="regression",
        severity="high",
        base=50.4,
        head=54.0123,
        unit="ms",
        change_pct=7.2,
        ci_low_pct=5.9,
        ci_high_pct=8.6,
        tolerance_pct=2,
        method="paired-quantile",
        reason="22 rounds agree: head is slower by more than 2 %",
    ),
    Verdict(
        scenario="search",
        metric="throughput",
        status="improvement",
        direction="higher",
        base=1680.0,
        head=1843.2,
        unit="req/s",
        change_pct=9.7,
        ci_low_pct=8.1,
        ci_high_pct=11.4,
        tolerance_pct=2,
        method="paired-log-ratio",
        reason="22 rounds agree: head does more by more than 2 %",
    ),
    Verdict(
        scenario="search",
        metric="response_time_p50",
        status="unchanged",
        base=30.44,
        head=30.5,
        unit="ms",
        change_pct=0.197,
        ci_low_pct=-0.6,
        ci_high_pct=0.9,
        tolerance_pct=2,
        method="paired-log-ratio",
        reason="any change is smaller than 2 %",
    ),
    Verdict(
        scenario="orders",
        metric="query_time_p95",
        status="inconclusive",
        base=11.9,
        head=12.25,
        unit="ms",
        change_pct=2.9,
        ci_low_pct=-2.7,
        ci_high_pct=8.9,
        tolerance_pct=2,
        method="paired-quantile",
        reason="31 rounds cannot tell; a change of 6 % would have been seen",
    ),
    Verdict(
        scenario="orders",
        metric="row_count",
        status="unchanged",
        direction="none",
        base=41000,
        head=41000,
        unit="rows",
        change_pct=0.0,
        tolerance_pct=2,
        method="exact",
        reason="deterministic, and the same on both sides: needs no statistics",
    ),
    Verdict(
        scenario="checkout",
        metric="response_time_p95",
        status="no_baseline",
        head=18.4,
        unit="ms",
        reason="new: base has no such scenario",
    ),
    Verdict(
        scenario="import",
        metric="all",
        status="broken",
        direction="none",
        reason="head: the command exited with 3\n  | Traceback (most recent call last):\n  | ::error::no such table",
    ),
)

GATE = Gate(
    status="fail",
    reasons=(
        "import is broken",
        "high regression of search.response_time_p95: 22 rounds agree: head is slower by more than 2 %",
        "inconclusive: orders.query_time_p95",
    ),
    failed=("search.response_time_p95",),
)


def every_verdict() -> Result:
    """A regression, an improvement, what did not change, what cannot be told, what is new and what is broken."""
    scenarios = (*results.SCENARIOS[:3], ScenarioRecord(name="checkout", kind="api", hash="2b3c4d5e", duration_s=9.5))
    run = replace(results.RUN, scenarios=scenarios, measurements=results.MEASUREMENTS[:7])
    return Result(run=run, verdicts=VERDICTS, gate=GATE, comparison=COMPARISON)


def only(*verdicts: Verdict, comparison: Comparison = COMPARISON, gate: Gate | None = None) -> Result:
    """A sound comparison with these verdicts and nothing else to say."""
    plain = results.only(*verdicts, gate=gate)
    return Result(run=plain.run, verdicts=verdicts, gate=plain.gate, comparison=comparison)


def with_itself(*, differs: bool = False) -> Result:
    """The same code on both sides."""
    side = COMPARISON.head
    comparison = replace(COMPARISON, mode="self", base=replace(side, name="base"), elapsed_s=60.0)
    regression = replace(VERDICTS[0], metric="response_time_p50")
    verdicts = (regression if differs else VERDICTS[2], VERDICTS[3])
    return only(*verdicts, comparison=comparison, gate=Gate(status="warn" if differs else "pass"))
