"""Loading: layers and their order, defaults that scenarios inherit, variables, the digest."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.configs import KINDS, SCENARIOS, JobSpec, WebSpec, load_text
from tests.support.public_configs import JSON_CONFIGURATION, REAL_KINDS, YAML_CONFIGURATION

from perfreg.config.load import find, load
from perfreg.config.models import Config, MetricRule
from perfreg.errors import PerfregError, UsageError
from perfreg.measure.scenarios import api, database, system


def test_the_json_shape_runs_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "performance.json"
    path.write_text(JSON_CONFIGURATION, encoding="utf-8")
    loaded = load(path, kinds=REAL_KINDS, env={"TOKEN": "t0ken"})
    login, resources, users = loaded.config.test_scenarios
    assert isinstance(login, api.ApiSpec)
    assert (login.method, login.concurrent_users, login.duration, login.timeout) == ("POST", 3, 15, 30)
    assert login.headers == {"Authorization": "Bearer t0ken"}
    assert isinstance(resources, system.SystemSpec)
    assert resources.metrics == ("cpu_usage", "memory_usage", "disk_io")
    assert isinstance(users, database.DatabaseSpec)
    assert users.iterations == 100
    assert (loaded.config.baseline_storage, loaded.config.tracking_db) == ("baselines", "performance.db")
    assert loaded.directory == tmp_path


def test_the_yaml_shape_runs_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "perfreg.yml"
    path.write_text(YAML_CONFIGURATION, encoding="utf-8")
    config = load(path, kinds=REAL_KINDS, env={}).config
    assert config.service is not None
    assert config.service.ready.timeout == 120
    assert (config.compare.budget, config.compare.min_effect) == (90, 3)
    assert config.gate.fail_on == "high"
    assert [spec.name for spec in config.test_scenarios] == ["search", "import"]


def test_yaml_and_json_mean_the_same(tmp_path: Path) -> None:
    text = '{\n\t"test_scenarios": [\n\t{"name": "home", "type": "web", "endpoint": "/"}]}'
    as_json = load_text(tmp_path, text, name="perfreg.json")
    as_yaml = load_text(tmp_path, SCENARIOS)
    assert as_json.config == as_yaml.config
    assert as_json.digest == as_yaml.digest


def test_an_editor_may_be_told_the_schema(tmp_path: Path) -> None:
    assert load_text(tmp_path, '"$schema": schema/perfreg.schema.json\n' + SCENARIOS).config.test_scenarios


def test_load_given_by_flag_is_that_of_every_scenario(tmp_path: Path) -> None:
    text = (
        "test_scenarios:\n  - {name: a, type: web, endpoint: /, duration: 9, concurrent_users: 9}\n"
        "  - {name: b, type: web, endpoint: /}\n"
    )
    config = load_text(tmp_path, text, flags={"test_duration": "2 s", "concurrent_users": "3"}).config
    for spec in config.test_scenarios:
        assert isinstance(spec, WebSpec)
        assert (spec.duration, spec.concurrent_users) == (2, 3)
    assert (config.test_duration, config.concurrent_users) == (2, 3)


def test_later_layers_win(tmp_path: Path) -> None:
    text = SCENARIOS + (
        "test_duration: 1\nconcurrent_users: 1\nmin_baseline_samples: 1\nregression_threshold: 1\n"
        "gate: {fail_on: low, max_acceptable_regressions: 1}\n"
        "environments: {staging: {concurrent_users: 2, min_baseline_samples: 2, regression_threshold: 2,\n"
        "  gate: {fail_on: medium}}}\n"
    )
    env = {"PERFREG_MIN_BASELINE_SAMPLES": "3", "PERFREG_REGRESSION_THRESHOLD": "3", "PERFREG_GATE__FAIL_ON": "high"}
    flags = {"regression_threshold": 4, "gate.fail_on": "critical", "base_url": None}
    config = load_text(tmp_path, text, env=env, environment="staging", flags=flags).config
    values = (
        config.stress_multiplier,
        config.test_duration,
        config.concurrent_users,
        config.min_baseline_samples,
        config.regression_threshold,
    )
    assert values == (1, 1, 2, 3, 4)
    assert (config.gate.fail_on, config.gate.max_acceptable_regressions) == ("critical", 1)
    assert (config.environment, config.environments) == ("staging", {})


@pytest.mark.parametrize(
    ("argument", "variable", "key", "expected"),
    [
        ("a", "b", "c", "a"),
        (None, "b", "c", "b"),
        (None, "", "c", "c"),
        (None, "", "${DEPLOYED:-b}", "b"),
        (None, "", "", None),
    ],
)
def test_which_environment_is_chosen(
    tmp_path: Path, argument: str | None, variable: str, key: str, expected: str | None
) -> None:
    text = SCENARIOS + "environments: {a: {test_duration: 101}, b: {test_duration: 102}, c: }\n"
    text += f"environment: {key}\n" if key else ""
    config = load_text(tmp_path, text, env={"PERFREG_ENVIRONMENT": variable}, environment=argument).config
    assert config.environment == expected
    assert config.test_duration == {"a": 101, "b": 102}.get(expected or "", 30)


def test_an_environment_needs_no_overlay(tmp_path: Path) -> None:
    assert load_text(tmp_path, SCENARIOS, environment="production").config.environment == "production"


def test_an_overlay_replaces_lists_and_may_remove_a_section(tmp_path: Path) -> None:
    text = SCENARIOS + (
        "targets: [one.example.org]\nservice: {start: ./server}\n"
        "environments:\n  x:\n    targets: two.example.org\n    service: null\n"
        "    test_scenarios: [{name: other, type: web, endpoint: /other}]\n"
    )
    config = load_text(tmp_path, text, environment="x").config
    assert (config.targets, config.service) == (("two.example.org",), None)
    assert [spec.name for spec in config.test_scenarios] == ["other"]


def test_a_flag_that_may_be_repeated_adds_to_the_list(tmp_path: Path) -> None:
    flags = {"targets": ("b.example.org",)}
    assert load_text(tmp_path, SCENARIOS, flags=flags).config.targets == ("b.example.org",)
    text = SCENARIOS + "targets: a.example.org\n"
    assert load_text(tmp_path, text, flags=flags).config.targets == ("a.example.org", "b.example.org")


def test_scenarios_inherit_what_their_kind_says(tmp_path: Path) -> None:
    text = """
        test_duration: 2 min
        concurrent_users: 7
        test_scenarios:
          - {name: a, type: web, endpoint: /}
          - {name: b, type: web, endpoint: /, duration: 5, concurrent_users: null}
          - {name: c, type: job, run: "true"}
        """
    first, second, third = load_text(tmp_path, text).config.test_scenarios
    assert isinstance(first, WebSpec)
    assert (first.duration, first.concurrent_users) == (120, 7)
    assert isinstance(second, WebSpec)
    assert (second.duration, second.concurrent_users) == (5, 7)
    assert isinstance(third, JobSpec)
    assert third.concurrent_users is None


def test_variables_fill_any_kind_of_value(tmp_path: Path) -> None:
    text = """
        base_url: http://${HOST:-localhost}/
        concurrent_users: ${USERS}
        fail_on_regression: ${FAIL:-no}
        regression_threshold: ${LIMIT}
        gate: {fail_on: "${FAIL_ON}"}
        test_scenarios:
          - {name: a, type: web, endpoint: "/$${id}", port: "${PORT}", body: {"key": ["${HOST:-x}"]}}
        """
    env = {"USERS": "4", "LIMIT": "5%", "FAIL_ON": "low", "PORT": "8080"}
    config = load_text(tmp_path, text, env=env).config
    (spec,) = config.test_scenarios
    assert isinstance(spec, WebSpec)
    assert (config.base_url, config.concurrent_users, config.fail_on_regression) == ("http://localhost/", 4, False)
    assert (config.regression_threshold, config.gate.fail_on) == (5, "low")
    assert (spec.endpoint, spec.port, spec.body) == ("/${id}", 8080, {"key": ["x"]})


def test_what_goes_to_a_shell_is_left_to_the_shell(tmp_path: Path) -> None:
    text = """
        service:
          build: make ${TARGET}
          start: server --token ${TOKEN}
          stop: stop ${TOKEN}
          env: {MODE: "${MODE}"}
          ready: {command: "check ${TOKEN}"}
        test_scenarios:
          - {name: a, type: job, run: "work ${TOKEN}"}
          - {name: b, type: job, run: [work, "${MODE}"]}
        """
    config = load_text(tmp_path, text, env={"MODE": "fast"}).config
    assert config.service is not None
    service = config.service
    assert (service.build, service.start, service.stop) == (
        "make ${TARGET}",
        "server --token ${TOKEN}",
        "stop ${TOKEN}",
    )
    assert (service.ready.command, service.env) == ("check ${TOKEN}", {"MODE": "fast"})
    commands = [spec.run for spec in config.test_scenarios if isinstance(spec, JobSpec)]
    assert commands == ["work ${TOKEN}", ("work", "fast")]


def test_a_value_that_is_overridden_needs_no_variable(tmp_path: Path) -> None:
    text = SCENARIOS + "base_url: ${STAGING}\n"
    config = load_text(tmp_path, text, env={"PERFREG_BASE_URL": "http://${x}.local"}).config
    assert config.base_url == "http://${x}.local"


def test_a_blank_base_url_is_none(tmp_path: Path) -> None:
    assert load_text(tmp_path, SCENARIOS + "base_url: ${URL:-}\n").config.base_url is None


SECRETS = """
base_url: http://user:${PW}@localhost/
service: {start: ./serve, env: {DB_PASSWORD: "%s"}}
test_scenarios:
  - {name: a, type: web, endpoint: /, headers: {Authorization: "%s", X: "${PW}"}, body: "%s"}
"""


def test_the_digest_depends_on_everything_but_secrets(tmp_path: Path) -> None:
    def digest(text: str, secret: str) -> str:
        return load_text(tmp_path, text.replace("%s", secret), env={"PW": secret}).digest

    assert digest(SECRETS, "one") == digest(SECRETS, "two")
    assert digest(SECRETS, "one") != digest(SECRETS.replace("name: a", "name: b"), "one")
    assert digest(SECRETS, "one") != digest(SECRETS.replace("X:", "Y:"), "one")
    assert digest(SECRETS.replace("${PW}", "one"), "x") == digest(SECRETS.replace("${PW}", "two"), "x")


def test_a_loaded_configuration_shows_no_secret_header(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, SECRETS.replace("%s", "hunter2"), env={"PW": "x"})
    assert "hunter2" not in repr(loaded)


def test_alerts_that_nobody_sends_are_a_warning(tmp_path: Path) -> None:
    assert load_text(tmp_path, SCENARIOS + "enable_alerts: false\n").warnings == ()
    (warning,) = load_text(tmp_path, SCENARIOS + "enable_alerts: on\n").warnings
    assert "no alert channels" in warning


def test_files_are_found_in_order(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no perfreg.yml, perfreg.yaml or perfreg.json .*-c FILE"):
        find(tmp_path)
    for name in ("perfreg.json", "perfreg.yaml", "perfreg.yml"):
        (tmp_path / name).touch()
        assert find(tmp_path) == tmp_path / name


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["${A}", "5%", "api"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from(
    [*Config.model_fields, *MetricRule.model_fields, *WebSpec.model_fields, "start", "ready", "env", "fail_on", "store"]
)
_TREES = st.dictionaries(_KEYS, st.dictionaries(_KEYS, _VALUES, max_size=3) | _VALUES, max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(_TREES, st.lists(st.dictionaries(_KEYS, _VALUES, max_size=4), max_size=2) | _VALUES)
def test_no_configuration_crashes(tmp_path: Path, tree: dict[str, object], scenarios: object) -> None:
    path = tmp_path / "perfreg.json"
    text = json.dumps({**tree, "test_scenarios": scenarios})
    path.write_text(text, encoding="utf-8")
    with suppress(PerfregError):
        load(path, kinds=KINDS, env={"A": "1", "PERF_TEST_DURATION": "2", "PERFREG_GATE__FAIL_ON": "low"})
