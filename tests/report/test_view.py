from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support import results

from perfreg.model.result import Gate, Verdict
from perfreg.report.view import view


def test_rows_are_sorted_worst_first() -> None:
    statuses = [row.status for row in view(results.every_verdict()).rows]
    assert statuses == [
        "regression",
        "regression",
        "broken",
        "inconclusive",
        "inconclusive",
        "environment_mismatch",
        "no_baseline",
        "improvement",
        "unchanged",
        "unchanged",
    ]


def test_graver_and_larger_regressions_come_first() -> None:
    one = results.verdict_of("response_time_p95")
    mild = replace(one, metric="mild", severity="low", change_pct=90.0)
    small = replace(one, metric="small", severity="high", change_pct=-12.0)
    budget = replace(one, metric="budget", severity="critical", change_pct=None)
    rows = view(results.only(mild, small, one, budget)).rows
    assert [row.metric for row in rows] == ["budget", "response_time_p95", "small", "mild"]


def test_the_headline_names_the_worst_regression() -> None:
    said = view(results.regressed())
    assert said.headline.sentence == (
        "1 regression in 3 metrics: search.response_time_p95 +31.0 % [+27.2, +35.1], high"
    )
    one = results.verdict_of("response_time_p95")
    many = view(results.only(replace(one, metric="other", change_pct=11.0), one))
    assert many.headline.sentence.startswith("2 regressions in 2 metrics, worst: search.response_time_p95 +31.0 %")


def test_an_accepted_regression_is_told_but_not_the_headline() -> None:
    said = view(results.every_verdict())
    assert said.headline.subject == "search.response_time_p95"
    assert "1 regression and 1 accepted in 10 metrics" in said.headline.lead
    accepted = said.rows[1]
    assert accepted.verdict == "regression, accepted"
    assert accepted.reason.endswith("12 baseline runs; accepted: ranking by relevance is worth it")
    alone = view(results.only(results.verdict_of("cpu_time_per_request"), results.verdict_of("row_count")))
    assert alone.headline.sentence == "No other regression in 2 metrics, 1 accepted regression"


def test_a_budget_broken_without_a_baseline_is_told_by_its_value() -> None:
    verdict = Verdict(
        scenario="search", metric="response_time_p95", status="regression", severity="critical", head=6000, unit="ms"
    )
    said = view(results.only(verdict))
    assert said.headline.sentence == "1 regression in 1 metric: search.response_time_p95 6,000 ms critical"
    assert said.rows[0].change == "n/a"


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        (("response_time_p50",), "No regression in 1 metric"),
        (("response_time_p50", "row_count"), "No regression in 2 metrics"),
        (("row_count", "query_time_p95"), "No regression in 1 of 2 metrics"),
        (
            ("row_count", "throughput", "error_rate", "plan_shape"),
            "No regression in 2 of 4 metrics, 1 improvement, 2 inconclusive metrics",
        ),
        (("error_rate",), "Nothing certain about 1 metric: noise may hide changes"),
        (("error_rate", "plan_shape", "latency_p50"), "Nothing certain about 3 metrics: noise may hide changes"),
        (("latency_p50",), "1 metric measured, nothing to compare with"),
        ((), "Nothing was measured"),
    ],
)
def test_headlines_without_regressions(metrics: tuple[str, ...], expected: str) -> None:
    verdicts = (results.verdict_of(metric) for metric in metrics)
    assert view(results.only(*verdicts)).headline.sentence == expected


def test_a_broken_run_is_broken_whatever_the_gate_says() -> None:
    sound = results.only(results.verdict_of("row_count"))
    assert view(sound).mood == "pass"
    by_run = replace(sound, run=replace(sound.run, status="broken"))
    by_record = replace(sound, run=replace(sound.run, scenarios=results.SCENARIOS))
    by_verdict = results.only(results.verdict_of("row_count"), results.verdict_of("all"))
    for broken in (by_run, by_record, by_verdict):
        said = view(broken)
        assert said.gate == "pass"
        assert said.mood == "broken"
        assert "broken" in said.headline.sentence
        assert said.notices[0].status == "broken"


def test_nothing_compared_is_never_all_clear() -> None:
    assert view(replace(results.first_run(), gate=Gate(status="pass"))).mood == "warn"
    assert view(replace(results.nothing(), gate=Gate(status="pass"))).mood == "warn"


def test_change_keeps_its_measured_sign_and_the_direction_decides() -> None:
    rows = {row.metric: row for row in view(results.every_verdict()).rows}
    assert (rows["throughput"].change, rows["throughput"].effect) == ("+21.2 %", "better")
    assert (rows["response_time_p95"].change, rows["response_time_p95"].effect) == ("+31.0 %", "worse")
    assert (rows["row_count"].change, rows["row_count"].effect) == ("0.0 %", "")
    assert (rows["latency_p50"].change, rows["latency_p50"].interval) == ("n/a", "")


def test_no_baseline_says_what_would_make_one() -> None:
    (notice,) = view(results.first_run()).notices
    assert notice.status == "no_baseline"
    assert notice.groups[0].names == ("search.response_time_p50", "search.response_time_p95")
    assert notice.remedy == "To make one, run perfreg run --establish-baselines on main in this environment."


def test_a_reason_that_holds_the_remedy_is_enough() -> None:
    (notice,) = view(results.only(results.verdict_of("latency_p50"))).notices
    assert "--establish-baselines" in notice.groups[0].reason[0]
    assert notice.remedy == ""


def test_broken_scenarios_show_every_line_of_their_reasons_and_their_errors() -> None:
    broken = view(results.every_verdict()).notices[0]
    assert broken.groups[0].names == ("import",)
    assert broken.groups[0].reason == (
        "the command exited with 3",
        "  | Traceback (most recent call last):",
        "  | ::error::no such table",
        "errors: exit 3: 4, timeout: 1",
    )


def test_facts_in_one_line() -> None:
    said = view(results.every_verdict())
    assert said.origin == "8c1f0e7b2d3a on feature/faster-search (pull request 42)"
    assert said.baseline == "12 runs, the newest 3 days old, commit 77aa0e7b2d3a, health 0.83 of 1"
    assert "AMD EPYC 7763 (4 CPUs, 15,990 MB)" in said.environment
    assert said.environment.endswith("key 5f1c09ab")
