from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.runs import HERE, history_of, make_run, measurement

from perfreg.analysis.judge import Policy, judge
from perfreg.analysis.severity import severity_of
from perfreg.model.result import Severity, Verdict
from perfreg.model.rule import ResolvedRule
from perfreg.model.run import Measurement, Run


def rule_of(each: Measurement) -> ResolvedRule:
    return ResolvedRule(direction=each.direction, tolerance_pct=10.0)


POLICY = Policy(rule_of=rule_of)


def verdict_of(run: Run, history: list[Run], policy: Policy = POLICY) -> Verdict:
    (verdict,) = judge(run, history_of(run, history), policy)
    return verdict


def runs_of(name: str, *values: float) -> list[Run]:
    return [make_run({name: value}) for value in values]


def test_a_slower_endpoint_is_a_regression_and_named() -> None:
    verdict = verdict_of(make_run({"login.response_time_p95": 130.0}), runs_of("login.response_time_p95", 100, 101))
    assert (verdict.scenario, verdict.metric, verdict.status) == ("login", "response_time_p95", "regression")
    assert verdict.severity == "critical"
    assert verdict.change_pct == pytest.approx(29.4, abs=0.1)
    assert verdict.ci_low_pct is not None
    assert 0 < verdict.ci_low_pct < 29.4
    assert verdict.base == pytest.approx(100.5, abs=0.1)


@pytest.mark.parametrize(
    ("metric", "head", "status"),
    [
        ("throughput", 70.0, "regression"),
        ("throughput", 140.0, "improvement"),
        ("response_time_mean", 60.0, "improvement"),
        ("response_time_mean", 104.0, "unchanged"),
        ("response_time_max", 300.0, "unchanged"),
    ],
)
def test_direction_decides_what_is_bad(metric: str, head: float, status: str) -> None:
    verdict = verdict_of(make_run({f"s.{metric}": head}), runs_of(f"s.{metric}", 100, 101, 99))
    assert verdict.status == status


def test_a_large_change_among_noisy_runs_is_inconclusive() -> None:
    verdict = verdict_of(make_run({"s.response_time_p99": 118.0}), runs_of("s.response_time_p99", 80, 120, 95, 125))
    assert verdict.status == "inconclusive"


def test_a_doubtful_gain_is_no_reason_to_warn() -> None:
    verdict = verdict_of(make_run({"s.response_time_p99": 85.0}), runs_of("s.response_time_p99", 80, 120, 95, 125))
    assert verdict.status == "unchanged"
    assert "tell it from chance" in verdict.reason


def test_without_any_run_there_is_no_baseline_and_a_cure() -> None:
    verdict = verdict_of(make_run({"s.response_time_mean": 1.0}), [])
    assert verdict.status == "no_baseline"
    assert "--establish-baselines" in verdict.reason


def test_too_few_samples_are_no_baseline() -> None:
    past = [make_run([measurement("s.response_time_mean", 1.0, n=9)]) for _ in range(2)]
    verdict = verdict_of(make_run({"s.response_time_mean": 1.0}), past)
    assert verdict.status == "no_baseline"
    assert "18 of the 20 samples" in verdict.reason


def test_another_environment_is_never_compared_silently() -> None:
    past = [make_run({"s.response_time_mean": 5.0}, environment=replace(HERE, key="elsewhere"))]
    verdict = verdict_of(make_run({"s.response_time_mean": 50.0}), past)
    assert verdict.status == "environment_mismatch"
    assert verdict.change_pct is None
    assert "5 ms" in verdict.reason


def test_a_changed_scenario_starts_a_new_series_and_says_so() -> None:
    past = [make_run({"s.response_time_mean": 5.0}, hash_="old")]
    verdict = verdict_of(make_run({"s.response_time_mean": 50.0}), past)
    assert verdict.status == "no_baseline"
    assert "scenario has changed" in verdict.reason


@pytest.mark.parametrize("changes", [{"trust": "none"}, {"status": "broken"}])
def test_untrusted_and_broken_runs_are_no_baseline(changes: dict[str, str]) -> None:
    past = [make_run({"s.response_time_mean": 5.0}, **changes)]  # type: ignore[arg-type]  # one key of two literals
    assert verdict_of(make_run({"s.response_time_mean": 5.0}), past).status == "no_baseline"


def test_an_outlying_baseline_run_is_left_out() -> None:
    past = runs_of("s.response_time_mean", 100, 101, 99, 100, 400)
    verdict = verdict_of(make_run({"s.response_time_mean": 130.0}), past)
    assert verdict.status == "regression"
    assert verdict.baseline_runs == 4


def test_a_broken_scenario_breaks_all_its_metrics() -> None:
    run = make_run({"s.response_time_mean": 1.0, "s.error_rate": 50.0}, status="broken")
    verdicts = judge(run, history_of(run, runs_of("s.response_time_mean", 100, 101)), POLICY)
    assert {verdict.status for verdict in verdicts} == {"broken"}
    assert {verdict.reason for verdict in verdicts} == {"it broke"}


def test_a_broken_scenario_without_measurements_still_has_a_verdict() -> None:
    run = make_run({"s.response_time_mean": 1.0}, status="broken")
    (verdict,) = judge(replace(run, measurements=()), {}, POLICY)
    assert (verdict.scenario, verdict.metric, verdict.status) == ("s", "all", "broken")


@pytest.mark.parametrize(("head", "status"), [(100.0, "unchanged"), (105.0, "unchanged"), (150.0, "regression")])
def test_exact_metrics_need_no_statistics(head: float, status: str) -> None:
    verdict = verdict_of(make_run({"q.plan_cost": head}), runs_of("q.plan_cost", 100))
    assert (verdict.status, verdict.method) == (status, "exact")


def test_a_changed_row_count_makes_timings_doubtful() -> None:
    verdict = verdict_of(make_run({"q.row_count": 20}), runs_of("q.row_count", 10, 10))
    assert verdict.status == "inconclusive"
    assert "10 became 20 rows" in verdict.reason


def test_a_changed_plan_shows_both() -> None:
    past = [make_run([measurement("q.plan_shape", 1.0, text="INDEX SCAN")])]
    verdict = verdict_of(make_run([measurement("q.plan_shape", 2.0, text="TABLE SCAN")]), past)
    assert (verdict.status, verdict.base_text, verdict.head_text) == ("inconclusive", "INDEX SCAN", "TABLE SCAN")


@pytest.mark.parametrize(("head", "status"), [(0.0, "unchanged"), (0.9, "regression"), (0.1, "inconclusive")])
def test_error_rates_are_judged_by_counts(head: float, status: str) -> None:
    past = [make_run([measurement("s.error_rate", 0.0, n=1000)]) for _ in range(2)]
    run = make_run([measurement("s.error_rate", head, n=1000)])
    assert verdict_of(run, past).status == status


def test_a_baseline_of_zero_is_inconclusive_not_infinite() -> None:
    verdict = verdict_of(make_run({"s.disk_io": 3.0}), runs_of("s.disk_io", 0, 0))
    assert (verdict.status, verdict.change_pct) == ("inconclusive", None)


def test_many_noisy_metrics_do_not_make_an_alarm() -> None:
    # One of forty metrics is 2.4 standard deviations off, as chance will have it.
    names = [f"s{i}.response_time_mean" for i in range(40)]
    past = [make_run(dict.fromkeys(names, 100 + wobble)) for wobble in (-1.0, 1.0, 0.0)]
    values = dict.fromkeys(names, 100.0)
    values[names[7]] = 113.0
    run = make_run(values)
    statuses = [verdict.status for verdict in judge(run, history_of(run, past), POLICY)]
    assert statuses.count("regression") == 0
    assert statuses.count("inconclusive") == 1


@pytest.mark.parametrize(
    ("z", "severity"), [(1.7, "low"), (2.5, "medium"), (-2.5, "medium"), (3.5, "high"), (4.5, "critical")]
)
def test_severity_by_standard_deviations(z: float, severity: Severity) -> None:
    assert severity_of(z) == severity


@pytest.mark.parametrize(
    ("value", "status", "budget", "words"),
    [
        (5.5, "regression", "critical", "critical budget of 5"),
        (3.0, "no_baseline", "warning", "warning budget of 2"),
        (1.0, "no_baseline", "", "no trusted run"),
    ],
)
def test_budgets_hold_without_a_baseline(value: float, status: str, budget: str, words: str) -> None:
    rule = ResolvedRule(direction="lower", tolerance_pct=10, warning=2, critical=5)
    verdict = verdict_of(make_run({"s.wall_time": value}), [], Policy(rule_of=lambda _: rule))
    assert (verdict.status, verdict.budget) == (status, budget)
    assert words in verdict.reason


def test_a_budget_is_a_minimum_where_higher_is_better() -> None:
    rule = ResolvedRule(direction="higher", tolerance_pct=10, critical=100)
    policy = Policy(rule_of=lambda _: rule)
    assert verdict_of(make_run({"s.throughput": 90.0}), [], policy).severity == "critical"
    assert verdict_of(make_run({"s.throughput": 110.0}), [], policy).status == "no_baseline"


def test_a_rule_may_fix_the_severity() -> None:
    rule = ResolvedRule(direction="lower", tolerance_pct=10, severity="low")
    verdict = verdict_of(
        make_run({"s.wall_time": 2.0}), runs_of("s.wall_time", 1.0, 1.01), Policy(rule_of=lambda _: rule)
    )
    assert (verdict.status, verdict.severity) == ("regression", "low")


def test_an_accepted_regression_is_still_called_one() -> None:
    policy = Policy(rule_of=rule_of, acceptance_of=lambda name: "as planned" if name == "s.wall_time" else "")
    verdict = verdict_of(make_run({"s.wall_time": 2.0}), runs_of("s.wall_time", 1.0, 1.01), policy)
    assert (verdict.status, verdict.accepted) == ("regression", "as planned")
