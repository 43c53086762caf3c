"""Budgets and rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.configs import SCENARIOS, load_text

from perfreg.config.load import budgets_of
from perfreg.config.thresholds import ALIASES, Budget, load_thresholds, rules_for
from perfreg.errors import ConfigError
from perfreg.model.metric import CATALOGUE, Metric
from perfreg.model.rule import ResolvedRule

PERFORMANCE_THRESHOLDS = {
    "response_time_p95": {"warning": 2.0, "critical": 5.0, "unit": "seconds"},
    "requests_per_second": {"warning": 100, "critical": 50, "unit": "requests/second"},
    "error_rate": {"warning": 1, "critical": 5, "unit": "percentage"},
    "cpu_usage_percent": {"warning": 70},
    "memory_usage": {"critical": "1 GB"},
    "response_time_max": {"critical": "10 s"},
}

P95 = CATALOGUE["response_time_p95"]
THROUGHPUT = CATALOGUE["throughput"]


def write(path: Path, limits: object) -> Path:
    path.write_text(json.dumps(limits), encoding="utf-8")
    return path


def rule(tmp_path: Path, text: str, metric: Metric = P95, scenario: str = "home") -> ResolvedRule:
    loaded = load_text(tmp_path, SCENARIOS + text)
    return rules_for(loaded.config, scenario, metric, loaded.budgets)


def test_a_thresholds_file_in_its_well_known_shape(tmp_path: Path) -> None:
    budgets = load_thresholds(write(tmp_path / "performance_thresholds.json", PERFORMANCE_THRESHOLDS))
    assert {budget.metric: (budget.warning, budget.critical) for budget in budgets} == {
        "response_time_p95": (2000, 5000),
        "throughput": (100, 50),
        "error_rate": (1, 5),
        "cpu_usage": (70, None),
        "memory_usage": (None, 1000),
        "response_time_max": (None, 10_000),
    }


@pytest.mark.parametrize("as_path", [False, True])
def test_thresholds_stand_in_the_configuration_or_beside_it(tmp_path: Path, *, as_path: bool) -> None:
    write(tmp_path / "limits.json", PERFORMANCE_THRESHOLDS)
    value = "limits.json" if as_path else json.dumps(PERFORMANCE_THRESHOLDS)
    found = rule(tmp_path, f"thresholds: {value}\n")
    assert found == ResolvedRule(direction="lower", tolerance_pct=10, warning=2000, critical=5000)


def test_a_thresholds_file_of_the_command_line_replaces_those_of_the_configuration(tmp_path: Path) -> None:
    text = "thresholds: {error_rate: {critical: 1}, response_time_p95: {critical: 1 s}}\n"
    text += "metrics: {throughput: {critical: 5}}\n"
    loaded = load_text(tmp_path, SCENARIOS + text)
    assert budgets_of(loaded) == loaded.budgets
    given = budgets_of(loaded, write(tmp_path / "limits.json", {"response_time_p95": {"critical": 3}}))
    assert [(budget.metric, budget.critical) for budget in given] == [("response_time_p95", 3), ("throughput", 5)]


def test_without_rules_a_metric_goes_by_its_own_direction_and_the_threshold(tmp_path: Path) -> None:
    assert rule(tmp_path, "regression_threshold: 7%\n") == ResolvedRule(direction="lower", tolerance_pct=7)
    assert rule(tmp_path, "", THROUGHPUT) == ResolvedRule(direction="higher", tolerance_pct=10)


def test_later_globs_win_key_by_key(tmp_path: Path) -> None:
    text = """\
metrics:
  "*": {tolerance: 20%, severity: low}
  "response_time_*": {tolerance: 0, warning: 1 s}
  "home.*_p95": {severity: critical, critical: 3000}
  "home.throughput": {direction: none}
"""
    assert rule(tmp_path, text) == ResolvedRule(
        direction="lower", tolerance_pct=0, severity="critical", warning=1000, critical=3000
    )
    assert rule(tmp_path, text, CATALOGUE["response_time_p50"]) == ResolvedRule(
        direction="lower", tolerance_pct=0, severity="low", warning=1000
    )
    assert rule(tmp_path, text, THROUGHPUT).direction == "none"
    assert rule(tmp_path, text, THROUGHPUT, "other").direction == "higher"


def test_rules_win_over_thresholds(tmp_path: Path) -> None:
    text = "metrics: {rps: {critical: 5}}\nthresholds: {rps: {warning: 20, critical: 10}}\n"
    found = rule(tmp_path, text, THROUGHPUT)
    assert (found.warning, found.critical) == (20, 5)


def test_a_glob_with_a_unit_means_the_metrics_of_that_unit(tmp_path: Path) -> None:
    text = 'thresholds: {"home.*": {critical: 2 s}}\n'
    assert rule(tmp_path, text).critical == 2000
    assert rule(tmp_path, text, CATALOGUE["wall_time"]).critical == 2
    assert rule(tmp_path, text, CATALOGUE["error_rate"]).critical is None
    assert rule(tmp_path, text, P95, "away").critical is None


def test_a_scenario_may_have_metrics_of_its_own(tmp_path: Path) -> None:
    text = "thresholds: {cake_eaten: {warning: 5, critical: 2, unit: slices}}\n"
    loaded = load_text(tmp_path, f"test_scenarios: [{{name: party, type: job, run: eat}}]\n{text}")
    assert loaded.budgets == (Budget(pattern="cake_eaten", metric="cake_eaten", warning=5, critical=2),)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"respons_time_p95": {"warning": 1}}, "matches no metric (did you mean 'response_time_p95'?)"),
        ({"hoem.response_time_p95": {"warning": 1}}, "matches no metric (did you mean 'home'?)"),
        ({"home.*_p42": {"warning": 1}}, "matches no metric"),
        ({"response_time_p95": {}}, "has neither a warning nor a critical limit"),
        ({"response_time_p95": {"unit": "s"}}, "has neither a warning nor a critical limit"),
        ({"response_time_p95": {"warning": 1, "unit": "%"}}, "has the unit '%', which does not convert to 'ms'"),
        ({"response_time_p95": {"warning": "1 parsec"}}, "has the unit 'parsec'"),
        ({"response_time_p95": {"warning": 5, "critical": 2}}, "reaches critical (2 ms) before warning (5 ms)"),
        ({"throughput": {"warning": 2, "critical": 5}}, "reaches critical (5 req/s) before warning (2 req/s)"),
        ({"response_time_p95": {"warn": 5}}, "response_time_p95.warn: unknown key (did you mean 'warning'?)"),
        ({"response_time_p95": 5}, "must be a mapping of keys to values, got 5"),
        ({"response_time_p95": {"warning": "soon"}}, "response_time_p95.warning: must be a number"),
        ({"response_time_p95": {"warning": [1]}}, "response_time_p95.warning: must be a number or text, got a list"),
        ({"response_time_p95": {"warning": True}}, "response_time_p95.warning: must be a number, got true"),
    ],
)
def test_limits_that_cannot_be_used(tmp_path: Path, limits: dict[str, object], expected: str) -> None:
    path = write(tmp_path / "limits.json", limits)
    with pytest.raises(ConfigError) as caught:
        load_thresholds(path, scenarios=["home"])
    assert len(caught.value.problems) == 1
    assert str(caught.value).startswith(f"{path}:1: ")
    assert expected in str(caught.value)


def test_a_direction_that_is_turned_round_turns_the_limits_round(tmp_path: Path) -> None:
    found = rule(tmp_path, "metrics: {throughput: {direction: lower, warning: 2, critical: 5}}\n", THROUGHPUT)
    assert (found.direction, found.warning, found.critical) == ("lower", 2, 5)


def test_without_names_any_scenario_may_be_meant(tmp_path: Path) -> None:
    path = write(tmp_path / "limits.json", {"any where.response_time_p95": {"warning": 1}})
    assert load_thresholds(path)[0].pattern == "any where.response_time_p95"


def test_names_with_brackets_mean_themselves(tmp_path: Path) -> None:
    path = write(tmp_path / "limits.json", {"list[0].throughput": {"warning": 1}})
    budgets = load_thresholds(path, scenarios=["list[0]"])
    loaded = load_text(tmp_path, SCENARIOS)
    assert rules_for(loaded.config, "list[0]", THROUGHPUT, budgets).warning == 1


def test_every_alias_means_a_metric() -> None:
    assert set(ALIASES.values()) <= set(CATALOGUE)
    assert not set(ALIASES) & set(CATALOGUE)


def test_the_decision_rule_of_a_metric_brings_its_own_limit(tmp_path: Path) -> None:
    text = "history: {rule: t, limit: 2.3, recent: 7}\nmetrics:\n  '*_p95': {rule: z}\n  home.*_p95: {limit: 4}\n"
    mine, other, throughput = (
        rule(tmp_path, text, metric, scenario)
        for metric, scenario in ((P95, "home"), (P95, "about"), (THROUGHPUT, "home"))
    )
    assert (mine.decision, mine.limit, mine.recent) == ("z", 4, 7)
    assert (other.decision, other.limit) == ("z", None)
    assert (throughput.decision, throughput.limit) == ("t", 2.3)
