"""The generated pipelines for Azure, run step by step as an agent does, before a fake of Azure DevOps."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.azure.project import project, result, runs, verdicts
from tests.e2e.shop import CONFIGURATION, FAST, SLOW
from tests.support.git_repository import git

pytestmark = pytest.mark.e2e

STAGING = f"{CONFIGURATION}environments: {{staging: {{regression_threshold: 150}}}}\n"

CALLER = """\
trigger: {branches: {include: [main]}}
resources:
  repositories:
    - {repository: perf, type: git, name: Shop/pipelines}
extends:
  template: performance.yml@perf
  parameters:
    legs: [{name: search, scenario: search}]
    failOnRegression: false
    pool: {name: perf}
"""


def test_a_push_to_main_is_measured_shown_and_stored_once(tmp_path: Path) -> None:
    with project(tmp_path, "--schedule", "17 3 * * *", "--python", "3.12") as shop:
        build = shop.pushed()
        assert build.result == "Succeeded", build.log
        assert verdicts(build) == {"search": "no_baseline", "order": "no_baseline"}
        commit = git(shop.checkout.path, "rev-parse", "HEAD")
        assert shop.stored() == [commit, commit], build.log
        assert git(shop.checkout.remote, "rev-list", "--count", "perfreg-data") == "1"
        assert shop.hub.notes == []
        assert shop.hub.standings[-1][:2] == (commit, "succeeded")
    assert build.names == {"perfreg-search-0-1-000000", "perfreg-order-0-1-000000", "perf-results-1"}
    assert not list(build.artifacts.rglob("*.log"))
    reports = {file.name for file in (build.artifacts / "perf-results-1").iterdir()}
    assert reports >= {"index.html", "junit.xml", "report.md", "result.json"}
    assert build.issues == []
    (summary,) = build.summaries
    assert "search" in summary
    assert {"passed"} == set(build.tests["Performance"].values())
    assert build.steps["Reset", "Start baselines anew"] == "Skipped"


def test_a_regressed_pull_request_fails_and_its_thread_is_closed_when_it_is_mended(tmp_path: Path) -> None:
    with project(tmp_path, "--baseline", "git", "--deploy-gate") as shop:
        shop.branch("feature")
        shop.commit("Slow the search down", search=SLOW)
        failed = shop.requested()
        assert (failed.result, failed.stages["Measure"]) == ("Failed", "SucceededWithIssues"), failed.log
        assert failed.stages["Deploy"] == "Skipped"
        assert verdicts(failed) == {"search": "regression", "order": "unchanged"}
        assert (failed.steps["Report", "Keep the report"], failed.steps["Report", "Gate"]) == ("Succeeded", "Failed")
        assert [kind for kind, _ in failed.issues] == ["error"]
        assert [name for name, how in failed.tests["Performance"].items() if how == "failed" and "search" in name]
        (note,) = shop.hub.notes
        assert "search" in note.body
        assert shop.hub.states[note.id] == "active"
        assert shop.hub.standings[-1][1] == "failed"

        shop.commit("Mend the search", search=FAST)
        mended = shop.requested()
        assert mended.result == "Succeeded", mended.log
        assert verdicts(mended) == {"search": "unchanged", "order": "unchanged"}
        assert shop.hub.notes == [note]
        assert shop.hub.states[note.id] == "closed"
        assert shop.hub.standings[-1][1] == "succeeded"
        assert mended.stages["Deploy"] == "Skipped", "only the main branch is deployed"
        assert {mended.jobs[job] for job in ("Reset", "Baselines")} == {"Skipped"}
        assert shop.stored() == []


@pytest.mark.long
def test_a_regression_of_main_is_not_deployed_until_it_is_the_new_baseline(tmp_path: Path) -> None:
    with project(tmp_path, "--deploy-gate", "--set", "max_parallel=1") as shop:
        sound = shop.pushed()
        assert sound.stages["Deploy"] == "Succeeded", sound.log
        assert f"deployed: {git(shop.checkout.path, 'rev-parse', 'HEAD')}" in sound.log

        commit = shop.commit("Slow the search down", search=SLOW)
        failed = shop.pushed()
        assert failed.stages == {"Measure": "SucceededWithIssues", "Report": "Failed", "Deploy": "Skipped"}, failed.log
        assert shop.stored().count(commit) == 2, "what regressed is kept, for somebody to accept it"

        asked = shop.asked_for(testDuration="1", concurrentUsers="1", failOnRegression="false")
        assert asked.result == "Succeeded", asked.log
        assert verdicts(asked)["search"] == "regression"

        shop.commit("Sort by hand\n\nSlower, and right.\n[update-baselines]")
        anew = shop.pushed()
        assert anew.result == "Succeeded", anew.log
        assert anew.steps["Reset", "Start baselines anew"] == "Succeeded"
        assert verdicts(anew) == {"search": "no_baseline", "order": "no_baseline"}

        shop.commit("Change nothing")
        after = shop.pushed()
        assert (after.result, after.stages["Deploy"]) == ("Succeeded", "Succeeded"), after.log
        assert verdicts(after)["search"] not in ("regression", "no_baseline")


@pytest.mark.long
def test_baselines_in_artifacts_outlive_a_build_that_kept_none(tmp_path: Path) -> None:
    with project(tmp_path, "--baseline", "artifact", "--schedule", "0 4 * * 1") as shop:
        first = shop.pushed()
        assert first.stages["Report"] == "SucceededWithIssues", first.log
        assert verdicts(first) == {"search": "no_baseline", "order": "no_baseline"}

        shop.commit("Write nonsense", **{"perfreg.yml": "test_scenarios: 7\n"})
        broken = shop.pushed()
        assert broken.result == "Failed"
        assert "perfreg-baseline" not in broken.names, broken.log

        shop.commit("Slow the search down", **{"perfreg.yml": CONFIGURATION, "search": SLOW})
        failed = shop.pushed()
        assert failed.result == "Failed", failed.log
        assert verdicts(failed)["search"] == "regression"
        kept = (failed.artifacts / "perfreg-baseline").glob("*.jsonl")
        assert len(runs(*(file.read_text("utf-8") for file in kept))) == 4

        anew = shop.asked_for(establishBaselines="true")
        assert verdicts(anew) == {"search": "no_baseline", "order": "no_baseline"}, anew.log
        assert shop.stored() == []


@pytest.mark.long
def test_a_pipeline_extends_the_template_with_parameters(tmp_path: Path) -> None:
    with project(tmp_path, caller=CALLER) as shop:
        pushed = shop.pushed()
        assert pushed.result == "Succeeded", pushed.log
        assert len(shop.stored()) == 1
        assert {name for name in pushed.jobs if name.startswith("Measure ")} == {"Measure search"}

        shop.branch("feature")
        shop.commit("Slow both down", search=SLOW, order=SLOW)
        warned = shop.requested()
        assert warned.result == "Succeeded", warned.log
        assert verdicts(warned) == {"search": "regression"}
        (note,) = shop.hub.notes
        assert "search" in note.body


@pytest.mark.parametrize(
    ("flags", "branch", "configuration", "caller"),
    [
        (("--environment", "staging", "--runner", "perf"), "main", STAGING, ""),
        (("--branch", "release/1.x", "--baseline", "artifact", "--deploy-gate"), "release/1.x", CONFIGURATION, ""),
        (("--baseline", "artifact", "--set", "timeout_minutes=20"), "main", CONFIGURATION, CALLER),
    ],
    ids=["an overlay", "another branch", "a template with artifacts"],
)
def test_a_first_push_passes(
    tmp_path: Path, flags: tuple[str, ...], branch: str, configuration: str, caller: str
) -> None:
    with project(tmp_path, *flags, configuration=configuration, caller=caller, branch=branch) as shop:
        build = shop.pushed()
        assert build.result in ("Succeeded", "SucceededWithIssues"), build.log
        assert set(verdicts(build).values()) == {"no_baseline"}
        assert result(build)["gate"]["status"] != "fail"
        assert result(build)["run"]["environment"]["name"] == ("staging" if configuration == STAGING else "")
