"""Results for the tests of reports: one with every verdict, plans and hostile names, and small special ones."""

from __future__ import annotations

from dataclasses import replace

from perfreg.model.result import BaselineInfo, Gate, Result, Shift, Verdict
from perfreg.model.run import Environment, Measurement, Run, ScenarioRecord, Source

HOSTILE_NAME = "x|y`z <img src=x onerror=alert(1)> [a](http://evil.example) @admin #1 \x1b[31m\u202e **bold**"
HOSTILE_TEXT = "::error::owned\n##vso[task.setvariable variable=x]y <script>alert(1)</script> see www.evil.example"

BASE_PLAN = """\
Aggregate
Index Scan using orders_by_user on orders  (cost=0.42..8.44 rows=1)
  Index Cond: ((user_id)::text = '42'::text)
  Filter: (state <> 'gone'::text)"""
HEAD_PLAN = """\
Aggregate
Gather  (cost=1000.00..17840.10 rows=1)
  Workers Planned: 2
  ->  Parallel Seq Scan on orders  (cost=0.00..16840.00 rows=1)
        Filter: (((user_id)::text = '42'::text) AND (state <> 'gone'::text))"""

ENVIRONMENT = Environment(
    key="5f1c09ab",
    name="ci",
    os="Linux 6.8",
    architecture="x86_64",
    cpu_model="AMD EPYC 7763",
    cpus=4,
    memory_mb=15990,
    runner_image="ubuntu-24.04",
    interpreter="CPython 3.12.4",
)

SCENARIOS = (
    ScenarioRecord(name="search", kind="api", hash="1a2b3c4d", duration_s=20.4, warnings=("warm-up was short",)),
    ScenarioRecord(name="orders", kind="database", hash="5e6f7a8b", duration_s=6.1),
    ScenarioRecord(
        name="import",
        kind="command",
        hash="9c0d1e2f",
        status="broken",
        duration_s=3.2,
        reasons=("the command exited with 3\n  | Traceback (most recent call last):\n  | ::error::no such table",),
        errors={"exit 3": 4, "timeout": 1},
    ),
    ScenarioRecord(name=HOSTILE_NAME, kind="function", hash="31415926", duration_s=1.0, warnings=(HOSTILE_TEXT,)),
)


def _timing(scenario: str, metric: str, value: float, n: int = 412) -> Measurement:
    return Measurement(
        scenario=scenario,
        metric=metric,
        unit="ms",
        direction="lower",
        value=value,
        n=n,
        mean=value * 0.7,
        std=value * 0.2,
        min=value * 0.31,
        max=value * 2.4,
        p50=value * 0.66,
        p90=value * 0.93,
        p95=value,
        p99=value * 1.3,
        std_error=value * 0.01,
    )


MEASUREMENTS = (
    _timing("search", "response_time_p95", 54.0123),
    _timing("search", "response_time_p50", 30.5),
    Measurement(scenario="search", metric="throughput", unit="req/s", direction="higher", value=1843.2, n=36864),
    Measurement(scenario="search", metric="error_rate", unit="%", direction="lower", nature="rate", value=0.2, n=412),
    _timing("orders", "query_time_p95", 12.25, n=100),
    Measurement(
        scenario="orders", metric="plan_shape", unit="hash", direction="none", nature="exact", value=0xBEEF01, n=1
    ),
    Measurement(scenario="orders", metric="row_count", unit="rows", direction="none", nature="exact", value=41000, n=1),
    _timing(HOSTILE_NAME, "latency_p50", 0.0421, n=1000),
)

VERDICTS = (
    Verdict(
        scenario="search",
        metric="response_time_p50",
        status="unchanged",
        base=30.44,
        head=30.5,
        unit="ms",
        change_pct=0.197,
        ci_low_pct=-1.94,
        ci_high_pct=2.31,
        tolerance_pct=10,
        method="moderated-t",
        reason="+0.197 %, 0.2 standard deviations from 12 baseline runs, within the tolerance of 10 %",
        baseline_runs=12,
        baseline_samples=4944,
    ),
    Verdict(
        scenario="search",
        metric="response_time_p95",
        status="regression",
        severity="high",
        base=41.23,
        head=54.0123,
        unit="ms",
        change_pct=31.0,
        ci_low_pct=27.2,
        ci_high_pct=35.1,
        tolerance_pct=10,
        method="moderated-t",
        reason="+31 %, 3.8 standard deviations from 12 baseline runs",
        baseline_runs=12,
        baseline_samples=4944,
    ),
    Verdict(
        scenario="search",
        metric="cpu_time_per_request",
        status="regression",
        severity="critical",
        base=2.1,
        head=2.9,
        unit="ms",
        change_pct=38.1,
        ci_low_pct=33.0,
        ci_high_pct=43.4,
        tolerance_pct=10,
        method="moderated-t",
        reason="+38.1 %, 4.4 standard deviations from 12 baseline runs",
        baseline_runs=12,
        baseline_samples=120,
        accepted="ranking by relevance is worth it",
    ),
    Verdict(
        scenario="search",
        metric="throughput",
        status="improvement",
        direction="higher",
        base=1520.5,
        head=1843.2,
        unit="req/s",
        change_pct=21.22,
        ci_low_pct=17.04,
        ci_high_pct=25.6,
        tolerance_pct=10,
        method="moderated-t",
        reason="+21.2 %, 5.1 standard deviations from 12 baseline runs",
        baseline_runs=12,
        baseline_samples=400000,
    ),
    Verdict(
        scenario="search",
        metric="error_rate",
        status="inconclusive",
        base=0.0,
        head=0.2,
        unit="%",
        tolerance_pct=10,
        method="binomial",
        reason="1 of 412 failed, 0.0 would be as before: too few or too noisy runs to tell it from chance",
        baseline_runs=12,
        baseline_samples=4944,
    ),
    Verdict(
        scenario="orders",
        metric="query_time_p95",
        status="environment_mismatch",
        head=12.25,
        unit="ms",
        tolerance_pct=10,
        reason="every trusted run was made in another environment; run with --establish-baselines on this kind of "
        "machine (nearest baseline, for information: 11.9 ms)",
    ),
    Verdict(
        scenario="orders",
        metric="plan_shape",
        status="inconclusive",
        direction="none",
        base=0xC0FFEE,
        head=0xBEEF01,
        unit="hash",
        method="exact",
        reason="it is not the one of the baseline: compare both",
        baseline_runs=12,
        baseline_samples=12,
        base_text=BASE_PLAN,
        head_text=HEAD_PLAN,
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
        tolerance_pct=10,
        method="exact",
        reason="exactly as in the baseline",
        baseline_runs=12,
        baseline_samples=12,
    ),
    Verdict(
        scenario="import",
        metric="all",
        status="broken",
        direction="none",
        reason="the command exited with 3\n  | Traceback (most recent call last):\n  | ::error::no such table",
    ),
    Verdict(
        scenario=HOSTILE_NAME,
        metric="latency_p50",
        status="no_baseline",
        head=0.0421,
        unit="ms",
        tolerance_pct=10,
        reason="no trusted run has measured it; run with --establish-baselines",
    ),
)

RUN = Run(
    id="01936b2e-7d4c-7a10-8f3e-0123456789ab",
    started_at="2026-02-03T04:05:06Z",
    duration_s=31.2,
    tool_version="0.1.0",
    source=Source(
        commit="8c1f0e7b2d3a4c5e6f708192a3b4c5d6e7f80910",
        parents=("77aa0e7b2d3a4c5e6f708192a3b4c5d6e7f80911",),
        branch="feature/faster-search",
        base_branch="main",
        pull_request="42",
    ),
    environment=ENVIRONMENT,
    config_hash="d41d8cd98f00",
    status="broken",
    scenarios=SCENARIOS,
    measurements=MEASUREMENTS,
)

GATE = Gate(
    status="fail",
    reasons=(
        "import is broken",
        "high regression of search.response_time_p95: +31 %, 3.8 standard deviations from 12 baseline runs",
        "inconclusive: search.error_rate, orders.plan_shape",
        "no baseline: 1 of 10 metrics are compared with nothing",
        HOSTILE_TEXT,
    ),
    failed=("search.response_time_p95",),
)


SHIFTS = (
    Shift(
        scenario="search",
        metric="memory_peak",
        change_pct=6.12,
        worse=True,
        since="2026-01-29T04:05:06Z",
        runs=4,
        raised_by=RUN.id,
        first_bad="5566778899aabbccddeeff00112233445566aabb",
        last_good="0123456789abcdef0123456789abcdef01234567",
        commits=("5566778 Rank by relevance", f"4455667 {HOSTILE_NAME}"),
    ),
    Shift(
        scenario=HOSTILE_NAME,
        metric="throughput",
        change_pct=12.0,
        worse=False,
        since="2026-01-30T04:05:06Z",
        runs=3,
        raised_by=RUN.id,
    ),
)


def every_verdict() -> Result:
    """One verdict of each status, a changed plan, a broken scenario and names chosen by an enemy."""
    return Result(
        run=RUN,
        verdicts=VERDICTS,
        gate=GATE,
        baseline=BaselineInfo(
            runs=12, age_days=3.2, newest_commit="77aa0e7b2d3a4c5e6f708192a3b4c5d6e7f80911", health=0.83
        ),
        notes=("a broken run is never a baseline",),
        shifts=SHIFTS,
    )


def only(*verdicts: Verdict, gate: Gate | None = None) -> Result:
    """A sound run with these verdicts and nothing else to say."""
    run = replace(RUN, status="ok", scenarios=SCENARIOS[:2], measurements=MEASUREMENTS[:7])
    return Result(run=run, verdicts=verdicts, gate=gate or Gate(status="pass"), baseline=BaselineInfo(runs=12))


def verdict_of(metric: str) -> Verdict:
    """The verdict of `every_verdict` about ``metric``."""
    return next(verdict for verdict in VERDICTS if verdict.metric == metric)


def regressed() -> Result:
    """One regression among unchanged metrics."""
    verdicts = (verdict_of("response_time_p50"), verdict_of("response_time_p95"), verdict_of("row_count"))
    name = "search.response_time_p95"
    return only(*verdicts, gate=Gate(status="fail", reasons=(f"high regression of {name}",), failed=(name,)))


def first_run() -> Result:
    """Nothing to compare with yet."""
    verdicts = tuple(
        Verdict(scenario="search", metric=name, status="no_baseline", head=30.5, unit="ms", reason="no trusted run")
        for name in ("response_time_p50", "response_time_p95")
    )
    gate = Gate(status="warn", reasons=("no baseline: 2 of 2 metrics are compared with nothing",))
    return replace(only(*verdicts, gate=gate), baseline=BaselineInfo())


def nothing() -> Result:
    """A run without any verdict."""
    run = replace(RUN, status="ok", scenarios=(), measurements=())
    return Result(run=run, verdicts=(), gate=Gate(status="fail", reasons=("nothing was measured",)))
