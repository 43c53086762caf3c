"""The pipelines for Azure are valid for every configuration and do what the page about them says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.templates import CASES, DATABASES, SHOP, Printer, print_cases
from tests.templates.azure_schema import complaints, diagnoses, document, expanded

from perfreg.cli.templates import main


@pytest.mark.parametrize("baseline", ["git", "artifact"])
@pytest.mark.parametrize("case", CASES)
def test_a_pipeline_is_valid(configured: Printer, case: str, baseline: str) -> None:
    text = configured(CASES[case].config, "azure", *CASES[case].flags, "--baseline", baseline)
    assert complaints(expanded(document(text), _parameters(text))) == []


@pytest.mark.parametrize("case", CASES)
def test_a_template_is_a_valid_pipeline_once_it_is_extended(configured: Printer, case: str) -> None:
    text = configured(CASES[case].config, "azure-template", *CASES[case].flags)
    pipeline = expanded(document(text), _parameters(text))
    assert complaints(pipeline) == []
    legs = pipeline["stages"][0]["jobs"][-1]["strategy"]["matrix"]
    assert [leg["PERF_LEG"] for leg in legs.values()] == list(legs)


def _parameters(text: str) -> dict[str, Any]:
    return {f"parameters.{each['name']}": each["default"] for each in document(text)["parameters"]}


def _jobs(text: str) -> dict[str, Any]:
    stages = document(text)["stages"]
    return {job.get("job") or job["deployment"]: job for stage in stages for job in stage["jobs"]}


def test_scenarios_are_the_legs(configured: Printer) -> None:
    text = configured(SHOP, "azure")
    matrix = _jobs(text)["Measure"]["strategy"]["matrix"]
    assert matrix["s100_id_x_a"]["PERF_SCENARIO"] == "100% [$](id) [$]{{ x }} [[]a][*]"
    assert document(text)["variables"]["PERF_LEGS"] == "3"


@pytest.mark.parametrize("value", ["$(System.AccessToken)", "${{ variables.x }}", "$[variables.x]"])
def test_what_azure_would_expand_is_refused(capsys: pytest.CaptureFixture[str], value: str) -> None:
    assert main(["azure", "--config", value]) == 2
    assert "which Azure Pipelines reads as an expression" in capsys.readouterr().err


@pytest.mark.parametrize("target", ["azure", "azure-template"])
@pytest.mark.parametrize("baseline", ["git", "artifact"])
def test_no_script_has_a_value_in_it(configured: Printer, target: str, baseline: str) -> None:
    text = configured(
        SHOP, target, "--baseline", baseline, "--deploy-gate", "--config", "a;pwned", "--set", "package=pwned"
    )
    scripts = [step["bash"] for job in _jobs(text).values() for step in job.get("steps", ()) if "bash" in step]
    assert len(scripts) > 5
    assert not any("pwned" in script or "$(" in script.replace("$(PERF", "") or "${{" in script for script in scripts)


def test_several_commands_stop_at_the_first_that_fails(printed: Printer) -> None:
    """Azure looks at the last one alone."""
    steps = [step for job in _jobs(printed("azure")).values() for step in job["steps"] if "bash" in step]
    several = [step["bash"] for step in steps if step["bash"].count("\n") > 1]
    assert all(script.startswith(("set -e\n", "python - <<", "code=0\n")) for script in several)


def test_credentials_stay_only_where_they_are_used(printed: Printer) -> None:
    jobs = _jobs(printed("azure", "--deploy-gate"))
    kept = {name: job["steps"][0].get("persistCredentials") for name, job in jobs.items() if "steps" in job}
    assert kept == {
        "Reset": "true",
        "Measure": "${{ ne(variables['Build.Reason'], 'PullRequest') }}",
        "Baselines": "true",
        "Report": None,
    }
    tokens = {name for name, job in jobs.items() if "System.AccessToken" in str(job)}
    assert tokens == {"Report"}


def test_only_the_main_branch_writes_baselines(printed: Printer) -> None:
    jobs = _jobs(printed("azure", "--deploy-gate"))
    for name in ("Reset", "Baselines"):
        assert "eq(variables['Build.SourceBranch'], variables['PERF_BASE_REF'])" in jobs[name]["condition"]
        assert "ne(variables['Build.Reason'], 'PullRequest')" in jobs[name]["condition"]
    assert any("perfreg run --no-record" in step.get("bash", "") for step in jobs["Measure"]["steps"])
    assert jobs["Report"]["dependsOn"] == "Baselines"
    assert jobs["Report"]["steps"][-1]["displayName"] == "Gate"


def test_databases_are_containers_with_health_checks(configured: Printer) -> None:
    text = configured(DATABASES, "azure")
    containers = document(text)["resources"]["containers"]
    assert [each["ports"] for each in containers] == [["5432:5432"], ["3306:3306"]]
    job = _jobs(text)["Measure"]
    assert job["services"] == {"postgres": "postgres", "mysql": "mysql"}
    assert job["variables"]["PG_URL"] == "postgresql://perf:perf@127.0.0.1:5432/perf"
    assert job["variables"]["PERF_WAIT_FOR"] == "127.0.0.1:5432 127.0.0.1:3306"


def test_baselines_in_artifacts_are_those_of_the_run_that_has_their_tag(printed: Printer) -> None:
    steps = _jobs(printed("azure", "--baseline", "artifact"))["Baselines"]["steps"]
    (fetched,) = [step["inputs"] for step in steps if step.get("displayName") == "Fetch the baselines"]
    assert steps[-2]["artifact"] == fetched["artifactName"]
    assert steps[-1]["bash"] == f"echo '##vso[build.addbuildtag]{fetched['tags']}'"


@pytest.mark.e2e
@pytest.mark.parametrize("target", ["azure", "azure-template"])
def test_the_language_service_has_nothing_to_say(printed: Printer, tmp_path: Path, target: str) -> None:
    files = print_cases(target, tmp_path, printed)
    assert diagnoses(files) == {str(file): [] for file in files}


@pytest.mark.e2e
def test_the_language_service_tells_of_mistakes(printed: Printer, tmp_path: Path) -> None:
    text = printed("azure")
    files: list[Path] = []
    for right, wrong in (
        ("testRunTitle:", "testRunTitel:"),
        ("maxParallel:", "maxParalel:"),
        ("  - stage:", "  - stag:"),
    ):
        assert right in text
        files.append(tmp_path / f"wrong-{len(files)}.yml")
        files[-1].write_text(text.replace(right, wrong), "utf-8")
    told = diagnoses(files)
    assert all(told[str(file)] for file in files), told
