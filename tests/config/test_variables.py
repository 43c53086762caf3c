"""Environment variables that override the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.configs import SCENARIOS, JobSpec, WebSpec, lines_of, load_text, problems_of

from perfreg.config.models import Settings
from perfreg.config.variables import read


@pytest.mark.parametrize(
    ("name", "value", "key", "expected"),
    [
        ("PERF_TEST_DURATION", "12", "test_duration", 12),
        ("PERF_TEST_DURATION", "2 min", "test_duration", 120),
        ("PERF_CONCURRENT_USERS", "3", "concurrent_users", 3),
        ("STRESS_MULTIPLIER", "2.5", "stress_multiplier", 2.5),
        ("PERFORMANCE_THRESHOLD", "1.15", "regression_threshold", 15),
        ("PERFORMANCE_THRESHOLD", "1", "regression_threshold", 0),
        ("SIGNIFICANCE_LEVEL", "0.01", "significance_level", 0.01),
        ("ENABLE_PERFORMANCE_GATES", "false", "gate.enabled", False),
        ("FAIL_ON_CRITICAL_REGRESSION", "0", "gate.fail_on_critical_regression", False),
        ("PERFREG_BASE_URL", "http://localhost:1/", "base_url", "http://localhost:1/"),
        ("PERFREG_GATE__FAIL_ON", "low", "gate.fail_on", "low"),
        ("PERFREG_TARGETS", "a.example.org, b.example.org", "targets", ("a.example.org", "b.example.org")),
        ("PERFREG_TEST_DURATION", " 4 ", "test_duration", 4),
        ("PERFREG_SERVICE__START", "./serve ${X}", "service.start", "./serve ${X}"),
        ("PERFREG_ENVIRONMENT", "ci", "environment", "ci"),
        ("PERFREG_COMPARE__ROUNDS", "7", "compare.rounds", 7),
    ],
)
def test_each_variable_sets_its_key(tmp_path: Path, name: str, value: str, key: str, expected: object) -> None:
    found: object = load_text(tmp_path, SCENARIOS, env={name: value}).config
    for part in key.split("."):
        found = getattr(found, part)
    assert found == expected


@pytest.mark.parametrize("name", ["PERF_TEST_DURATION", "PERFREG_TEST_DURATION", "ESTABLISH_BASELINES", "PERFREG_X"])
def test_an_empty_variable_is_unset(tmp_path: Path, name: str) -> None:
    loaded = load_text(tmp_path, SCENARIOS, env={name: " "})
    assert (loaded.config.test_duration, loaded.establish_baselines) == (30, False)


def test_perf_variables_reach_what_scenarios_say_themselves(tmp_path: Path) -> None:
    text = """
        test_scenarios:
          - {name: a, type: web, endpoint: /, duration: 99, concurrent_users: 9}
          - {name: b, type: web, endpoint: /}
          - {name: c, type: job, run: x, concurrent_users: 9}
          - {name: d, type: job, run: x}
        """
    env = {"PERF_TEST_DURATION": "2", "PERF_CONCURRENT_USERS": "3"}
    found = [
        (spec.duration if isinstance(spec, WebSpec) else 0, spec.concurrent_users)
        for spec in load_text(tmp_path, text, env=env).config.test_scenarios
        if isinstance(spec, WebSpec | JobSpec)
    ]
    assert found == [(2, 3), (2, 3), (0, 3), (0, None)]


def test_a_variable_named_after_a_key_wins_over_the_others_and_sets_that_key_only(tmp_path: Path) -> None:
    text = "test_scenarios: [{name: a, type: web, endpoint: /, duration: 99}]"
    loaded = load_text(tmp_path, text, env={"PERF_TEST_DURATION": "2", "PERFREG_TEST_DURATION": "3"})
    (spec,) = loaded.config.test_scenarios
    assert isinstance(spec, WebSpec)
    assert (loaded.config.test_duration, spec.duration) == (3, 2)
    (spec,) = load_text(tmp_path, text, env={"PERFREG_TEST_DURATION": "3"}).config.test_scenarios
    assert isinstance(spec, WebSpec)
    assert spec.duration == 99


def test_what_else_the_environment_asks_for(tmp_path: Path) -> None:
    env = {"PERF_TEST_SCENARIO": "home, a*,", "ESTABLISH_BASELINES": "True"}
    loaded = load_text(tmp_path, SCENARIOS, env=env)
    assert loaded.selection == ("home", "a*")
    assert loaded.establish_baselines is True


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PERF_TEST_DURATION", "soon", "test_duration: must be a number, with or without a unit, got 'soon'"),
        ("PERF_CONCURRENT_USERS", "0", "concurrent_users: must be a number of at least 1"),
        ("PERFORMANCE_THRESHOLD", "15%", "must be a ratio of at least 1, such as 1.15, got '15%'"),
        ("PERFORMANCE_THRESHOLD", "0.85", "must be a ratio of at least 1, such as 1.15, got '0.85'"),
        ("PERFORMANCE_THRESHOLD", "nan", "must be a ratio"),
        ("PERFORMANCE_THRESHOLD", "inf", "must be a ratio"),
        ("ESTABLISH_BASELINES", "perhaps", "must be true or false, got 'perhaps'"),
        ("ENABLE_PERFORMANCE_GATES", "perhaps", "gate.enabled: must be true or false, got 'perhaps'"),
        ("PERFREG_BASE_ULR", "x", "names no key of the configuration (did you mean PERFREG_BASE_URL?)"),
        ("PERFREG_GATE__FAILON", "x", "names no key of the configuration (did you mean PERFREG_GATE__FAIL_ON?)"),
        ("PERFREG_GATE__FAIL_ON__X", "x", "names no key of the configuration (set it in the file)"),
        ("PERFREG_SERVICE__ENV__HOME", "x", "names no key of the configuration (set it in the file)"),
        ("PERFREG_GATE", "x", "names a group of keys, which no variable can hold (set it in the file)"),
        ("PERFREG_", "x", "names no key of the configuration (known: PERFREG_ENVIRONMENT, PERFREG_BASE_URL"),
    ],
)
def test_a_bad_variable_is_a_problem_that_names_it(tmp_path: Path, name: str, value: str, expected: str) -> None:
    (line,) = lines_of(tmp_path, problems_of(tmp_path, SCENARIOS, env={name: value}))
    assert line.startswith(f"environment variable {name}: ")
    assert expected in line


def test_variables_of_perfreg_itself_name_no_key() -> None:
    env = dict.fromkeys(
        ("PERFREG_UPDATE_GOLDEN", "PERFREG_SERVICE_TOKEN", "PERFREG_PYTHON", "PERFREG_K6", "OTHER"), "x"
    )
    found = read(env, Settings)
    assert (found.overrides, found.problems) == ([], [])


def test_a_secret_in_a_variable_is_not_shown(tmp_path: Path) -> None:
    env = {"PERFREG_SERVICE__ENV": "hunter2", "PERFREG_BASE_URL": "http://me:hunter2@[oops"}
    found = "\n".join(lines_of(tmp_path, problems_of(tmp_path, SCENARIOS, env=env)))
    assert "PERFREG_SERVICE__ENV" in found
    assert "PERFREG_BASE_URL" in found
    assert "hunter2" not in found
