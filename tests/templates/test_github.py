"""The GitHub workflows are valid for every configuration, and an audit has nothing to say about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.templates import DATABASES, SHOP, Printer, print_cases, tool

TARGETS = ("github", "github-scheduled", "github-fork-measure", "github-fork-publish")
PINNED = ("--action", f"org/perf-regression@{'a' * 40}")
HOSTILE = ("a: b", '"; touch pwned; echo "', "${{ github.token }}", "line\nbreak: true", "#x", "- x", "true", "1", "")


@pytest.mark.parametrize("target", TARGETS)
def test_the_workflows_are_valid(printed: Printer, tmp_path: Path, target: str) -> None:
    files = print_cases(target, tmp_path, printed)
    tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)


@pytest.mark.parametrize("target", TARGETS)
def test_an_audit_finds_nothing_once_the_action_is_pinned(printed: Printer, tmp_path: Path, target: str) -> None:
    files = print_cases(target, tmp_path, lambda name, *flags: printed(name, *flags, *PINNED))
    tool("zizmor", "--offline", "--no-progress", "--strict-collection", *files)


def _measuring(text: str) -> Any:
    job = yaml.safe_load(text)["jobs"]["measure"]
    return next(step["with"] for step in job["steps"] if "scenario" in step.get("with", {}))


@pytest.mark.parametrize("value", HOSTILE)
def test_every_value_arrives_as_one_string_and_no_expression(printed: Printer, value: str) -> None:
    workflow = printed("github", f"--config={value}")
    assert _measuring(workflow)["config"].replace("${{ '${{' }}", "${{") == value
    assert "${{ github.token }}" not in _measuring(workflow)["config"]


def test_scenarios_are_the_legs(configured: Printer) -> None:
    jobs = yaml.safe_load(configured(SHOP, "github"))["jobs"]
    legs = jobs["measure"]["strategy"]["matrix"]["include"]
    assert [leg["leg"] for leg in legs] == ["search", "log_in_now", "s100_id_x_a"]
    assert legs[2]["scenario"] == "100% [$](id) [$]{{ x }} [[]a][*]"
    assert jobs["report"]["steps"][-1]["with"]["legs"] == "3"


@pytest.mark.parametrize("baseline", ["git", "artifact"])
def test_legs_leave_their_runs_to_the_job_that_reports(configured: Printer, baseline: str) -> None:
    jobs = yaml.safe_load(configured(SHOP, "github", "--baseline", baseline))["jobs"]
    assert jobs["measure"]["steps"][-1]["with"]["record"] == "false"
    assert jobs["measure"]["permissions"]["contents"] == "read"
    assert "record" not in jobs["report"]["steps"][-1]["with"]
    assert jobs["report"]["permissions"]["contents"] == ("write" if baseline == "git" else "read")


def test_only_two_jobs_may_write_code(configured: Printer) -> None:
    jobs = yaml.safe_load(configured(SHOP, "github", "--deploy-gate"))["jobs"]
    writers = [name for name, job in jobs.items() if job["permissions"].get("contents") == "write"]
    assert writers == ["reset", "report"]
    assert "default_branch" in jobs["reset"]["if"]
    assert not any("run" in step for step in jobs["report"]["steps"])
    assert "pull_request" in jobs["report"]["steps"][0]["if"]


def test_databases_are_services_with_health_checks(configured: Printer) -> None:
    job = yaml.safe_load(configured(DATABASES, "github"))["jobs"]["measure"]
    assert {name: each["ports"] for name, each in job["services"].items()} == {
        "postgres": ["5432:5432"],
        "mysql": ["3306:3306"],
    }
    assert all("--health-cmd=" in each["options"] for each in job["services"].values())
    assert job["env"]["PG_URL"] == "postgresql://perf:perf@127.0.0.1:5432/perf"
    assert job["env"]["MY_URL"] == "mysql://perf:perf@127.0.0.1:3306/perf"


def test_two_of_a_kind_get_ports_of_their_own(printed: Printer) -> None:
    job = yaml.safe_load(printed("github", "--service", "postgres:16", "--service", "postgres:17"))["jobs"]["measure"]
    assert [each["ports"] for each in job["services"].values()] == [["5432:5432"], ["5433:5432"]]
    assert job["env"]["POSTGRES_2_URL"] == "postgresql://perf:perf@127.0.0.1:5433/perf"


def test_the_deployment_waits_for_the_gate(printed: Printer) -> None:
    assert "deploy" not in yaml.safe_load(printed("github"))["jobs"]
    job = yaml.safe_load(printed("github", "--deploy-gate", "--set", "deploy_script=a'; x"))["jobs"]["deploy"]
    assert "needs.report.result == 'success'" in job["if"]
    assert job["steps"][-1]["env"]["DEPLOY_SCRIPT"] == "a'; x"
    assert job["steps"][-1]["run"] == 'sh "$DEPLOY_SCRIPT"'
