from __future__ import annotations

from dataclasses import replace

import pytest

from perfreg.analysis.gate import GatePolicy, decide
from perfreg.model.result import Severity, Verdict, VerdictStatus


def verdict(status: VerdictStatus, severity: Severity | None = None) -> Verdict:
    return Verdict(scenario="search", metric="response_time_p95", status=status, severity=severity, reason="+31 %")


def regressions(*severities: Severity) -> list[Verdict]:
    return [verdict("regression", severity) for severity in severities]


@pytest.mark.parametrize(
    ("verdicts", "policy", "status"),
    [
        ([verdict("unchanged"), verdict("improvement")], GatePolicy(), "pass"),
        (regressions("low"), GatePolicy(), "warn"),
        (regressions("medium"), GatePolicy(), "fail"),
        (regressions("medium"), GatePolicy(fail_on="high"), "warn"),
        (regressions("low"), GatePolicy(fail_on="low"), "fail"),
        (regressions("medium", "medium"), GatePolicy(max_acceptable_regressions=2), "warn"),
        (regressions("medium", "high", "high"), GatePolicy(max_acceptable_regressions=2), "fail"),
        (regressions("critical"), GatePolicy(max_acceptable_regressions=9), "fail"),
        (regressions("critical"), GatePolicy(max_acceptable_regressions=9, fail_on_critical=False), "warn"),
        (regressions("high"), GatePolicy(max_acceptable_regressions=9, fail_on_major=True), "fail"),
        (regressions("critical"), GatePolicy(enabled=False), "warn"),
        ([verdict("inconclusive")], GatePolicy(), "warn"),
        ([verdict("inconclusive")], GatePolicy(fail_on_inconclusive=True), "fail"),
        ([replace(verdict("regression", "critical"), accepted="as planned")], GatePolicy(), "warn"),
        ([replace(verdict("unchanged"), budget="warning")], GatePolicy(), "warn"),
        ([verdict("no_baseline")], GatePolicy(), "warn"),
        ([verdict("environment_mismatch")], GatePolicy(), "warn"),
        ([verdict("unchanged"), replace(verdict("no_baseline"), direction="none")], GatePolicy(), "pass"),
        ([verdict("broken")], GatePolicy(enabled=False), "fail"),
        ([], GatePolicy(), "fail"),
    ],
)
def test_gate(verdicts: list[Verdict], policy: GatePolicy, status: str) -> None:
    gate = decide(verdicts, policy)
    assert gate.status == status
    assert bool(gate.reasons) == (status != "pass")


def test_reasons_name_the_metric_and_put_the_gravest_first() -> None:
    gate = decide(regressions("low", "critical"), GatePolicy())
    assert gate.reasons[0] == "critical regression of search.response_time_p95: +31 %"
    assert gate.reasons[1].startswith("low regression")


def test_comparing_nothing_is_said() -> None:
    gate = decide([verdict("no_baseline"), verdict("unchanged")], GatePolicy())
    assert gate.reasons == ("no baseline: 1 of 2 metrics are compared with nothing",)


def test_a_doubt_about_the_run_warns() -> None:
    gate = decide([verdict("unchanged")], GatePolicy(), ("missing: search.throughput",))
    assert gate.status == "warn"
    assert gate.reasons == ("missing: search.throughput",)


def test_a_reason_does_not_grow_with_the_suite() -> None:
    (reason,) = decide([replace(verdict("inconclusive"), metric=f"m{n}") for n in range(500)], GatePolicy()).reasons
    assert reason.startswith("inconclusive: search.m0, search.m1, ")
    assert reason.endswith("search.m11 and 488 more")


@pytest.mark.parametrize(
    ("policy", "failed"),
    [
        (GatePolicy(), ["a", "b"]),
        (GatePolicy(fail_on="high"), ["a"]),
        (GatePolicy(fail_on="high", max_acceptable_regressions=1), []),
        (GatePolicy(fail_on="critical", fail_on_major=True), ["a"]),
        (GatePolicy(fail_on="high", fail_on_inconclusive=True), ["a", "e"]),
        (GatePolicy(enabled=False), []),
    ],
)
def test_the_metrics_that_fail_the_gate_are_named(policy: GatePolicy, failed: list[str]) -> None:
    verdicts = [
        replace(verdict("regression", "high"), metric="a"),
        replace(verdict("regression", "medium"), metric="b"),
        replace(verdict("regression", "low"), metric="c"),
        replace(verdict("regression", "critical"), metric="d", accepted="as planned"),
        replace(verdict("inconclusive"), metric="e"),
        replace(verdict("unchanged"), metric="f"),
    ]
    gate = decide(verdicts, policy)
    assert list(gate.failed) == [f"search.{name}" for name in failed]
    assert (gate.status == "fail") == bool(failed)
