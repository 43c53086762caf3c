"""The GitLab pipelines are valid for every configuration and do what the page about them says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.templates import DATABASES, SHOP, Printer, print_cases, tool


def _pipeline(text: str) -> dict[str, Any]:
    document = yaml.safe_load(text)
    assert isinstance(document, dict)
    return document


def test_the_pipelines_are_valid(printed: Printer, tmp_path: Path) -> None:
    tool("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", *print_cases("gitlab", tmp_path, printed))


def test_the_components_are_valid(printed: Printer, tmp_path: Path) -> None:
    """The schema knows no header and no inputs: each input stands for its default."""
    files = []
    for file in print_cases("gitlab-component", tmp_path, printed):
        header, body = (part for part in yaml.safe_load_all(file.read_text("utf-8")))
        inputs = {name: each.get("default") for name, each in header["spec"]["inputs"].items()}
        assert all("description" in each for each in header["spec"]["inputs"].values())
        files.append(tmp_path / f"body-{file.name}")
        files[-1].write_text(yaml.safe_dump(_filled(body, inputs)), "utf-8")
    tool("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", *files)


def _filled(value: Any, inputs: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(part, inputs) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, inputs) for part in value]
    for name, default in inputs.items():
        mark = f"$[[ inputs.{name} ]]"
        if value == mark:
            return default
        if isinstance(value, str):
            value = value.replace(mark, str(default))
    return value


@pytest.mark.parametrize("target", ["gitlab", "gitlab-component"])
def test_no_script_has_an_input_or_a_value_in_it(configured: Printer, target: str) -> None:
    hostile = ("--set", "package=x;touch pwned", "--config", "a b;$(id)")
    for document in yaml.safe_load_all(configured(SHOP, target, *hostile)):
        for job in document.values():
            scripts = (
                "\n".join([*job.get("before_script", ()), *job.get("script", ())]) if isinstance(job, dict) else ""
            )
            assert "pwned" not in scripts
            assert "$(id)" not in scripts
            assert "$[[" not in scripts


def test_variables_are_not_expanded_in_values(configured: Printer) -> None:
    pipeline = _pipeline(configured("", "gitlab", "--config", "a$CI_JOB_TOKEN.yml"))
    assert pipeline["variables"]["PERF_CONFIG"] == "a$$CI_JOB_TOKEN.yml"
    pipeline = _pipeline(configured(SHOP, "gitlab"))
    legs = pipeline["perf-measure"]["parallel"]["matrix"]
    assert legs[2] == {"PERF_LEG": "s100_id_x_a", "PERF_SCENARIO": "100% [$$](id) [$$]{{ x }} [[]a][*]"}
    assert pipeline["variables"]["PERF_LEGS"] == "3"


def test_reports_are_those_that_gitlab_knows(printed: Printer) -> None:
    artifacts = _pipeline(printed("gitlab"))["perf-report"]["artifacts"]
    assert set(artifacts["reports"]) == {"junit", "annotations", "load_performance", "metrics"}
    assert artifacts["when"] == "always"
    assert artifacts["expire_in"] == "30 days"


def test_only_jobs_of_the_default_branch_write_baselines(printed: Printer) -> None:
    pipeline = _pipeline(printed("gitlab"))
    scripts = {name: str(job.get("script", "")) for name, job in pipeline.items() if isinstance(job, dict)}
    writers = {name for name, script in scripts.items() if re.search(r"baseline reset|--record", script)}
    assert writers == {"perf-reset", "perf-baselines"}
    assert "perfreg run --no-record" in pipeline["perf-measure"]["script"][-1]
    assert pipeline["perf-baselines"]["resource_group"] == pipeline["perf-reset"]["resource_group"]
    assert all("$CI_DEFAULT_BRANCH" in rule["if"] for rule in pipeline["perf-baselines"]["rules"])
    assert pipeline["perf-reset"]["rules"][0] == {"if": "$CI_COMMIT_BRANCH != $CI_DEFAULT_BRANCH", "when": "never"}


@pytest.mark.parametrize("target", ["gitlab", "gitlab-component"])
def test_what_was_accepted_is_known_before_anything_is_measured(printed: Printer, target: str) -> None:
    *_, pipeline = yaml.safe_load_all(printed(target))
    asked, measured = pipeline["perf-measure"]["script"][-2:]
    assert 'perfreg baseline decisions --config "$PERF_CONFIG"' in asked
    assert '-n "$PERFREG_TOKEN"' in asked, "without a token nobody can be asked, which is no news"
    assert "perfreg compare" in measured


def test_databases_are_services_that_are_waited_for(configured: Printer) -> None:
    job = _pipeline(configured(DATABASES, "gitlab"))["perf-measure"]
    assert [each["alias"] for each in job["services"]] == ["postgres", "mysql"]
    assert job["variables"]["PG_URL"] == "postgresql://perf:perf@postgres:5432/perf"
    assert job["variables"]["PERF_WAIT_FOR"] == "postgres:5432 mysql:3306"
    assert "PERF_WAIT_FOR" in job["script"][0]


def test_the_form_asks_for_what_can_be_chosen(configured: Printer) -> None:
    asked = _pipeline(configured(SHOP, "gitlab", "--environment", "staging"))["variables"]
    assert asked["PERFREG_ENVIRONMENT"]["value"] == "staging"
    assert asked["PERFREG_ENVIRONMENT"]["options"] == ["staging", "", "production"]
    assert {name for name, each in asked.items() if isinstance(each, dict)} == {
        *("PERF_TEST_DURATION", "PERF_CONCURRENT_USERS", "PERFREG_FAIL_ON_REGRESSION"),
        *("ESTABLISH_BASELINES", "PERFREG_ENVIRONMENT"),
    }


def test_the_deployment_is_last_and_never_allowed_early(printed: Printer) -> None:
    assert "perf-deploy" not in _pipeline(printed("gitlab"))
    pipeline = _pipeline(printed("gitlab", "--deploy-gate"))
    assert pipeline["stages"][-2:] == ["gate", "deploy"]
    assert "when" not in pipeline["perf-deploy"]
    assert "allow_failure" not in pipeline["perf-gate"]
