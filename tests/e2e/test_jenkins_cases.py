"""What is generated for Jenkins, of every configuration: linted, and run stage by stage.

What measures is a stand-in here, so that all of it takes seconds; test_jenkins.py has the real one.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.jenkins.builds import Build, Finished, machine, run
from tests.support.templates import CASES, print_cases, printer
from tests.support.tools import program

pytestmark = pytest.mark.e2e

TARGETS = ("jenkins", "jenkins-library")
EACH = pytest.mark.parametrize("target", ["jenkins", pytest.param("jenkins-library", marks=pytest.mark.long)])
MANUAL = {
    "PERF_TEST_DURATION": "30", "PERF_CONCURRENT_USERS": "7", "PERFREG_FAIL_ON_REGRESSION": "false",
    "ESTABLISH_BASELINES": "true",
}  # fmt: skip
GIVEN = {"testDuration": 30, "concurrentUsers": 7, "failOnRegression": False, "establishBaselines": True}

# Notes each call with what it was told by variables, and leaves the files that are looked at.
_STAND_IN = """\
#!/bin/sh
told=$(env | grep -E '^(PERF|ESTABLISH|[A-Z]+_URL)' | sort | tr '\\n' '\\t')
printf '%s\\t%s\\n' "$*" "$told" >> calls
mkdir -p perf-results
case "$*" in
  *--output*result.json*) echo '{"gate": {"status": "'"${GATE:-pass}"'"}}' > perf-results/result.json ;;
  *report.md*) echo fine > perf-results/report.md ;;
  *junit.xml*) echo '<testsuites/>' > perf-results/junit.xml ;;
  run*|compare*|*--gate*) exit "${MEASURED:-0}" ;;
esac
"""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A build of a generated file, and what was called in it."""

    name: str
    text: str
    build: Finished
    calls: list[str]

    def called(self, start: str) -> list[str]:
        """Calls of perfreg that begin so."""
        return [call for call in self.calls if call.startswith(start)]


@pytest.fixture
def files(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Path]]:
    """The files of all configurations, by target."""
    printed = {}
    for target in TARGETS:
        folder = tmp_path / target
        folder.mkdir()
        monkeypatch.chdir(folder)
        printed[target] = print_cases(target, folder, printer(capsys), suffix=".groovy")
    return printed


def _main_branch(text: str) -> str:
    (found,) = re.findall(r"(?:BASE_BRANCH = |^        branch: )'(.*)'", text, re.MULTILINE)
    return str(found)


def _ran(files: list[Path], *, manual: bool = False, pull_request: bool = False, **env: str) -> dict[str, Ran]:
    """Build all files."""
    folder = files[0].parent
    stand_in = folder / "stand-in"
    stand_in.write_text(_STAND_IN, "utf-8")
    stand_in.chmod(0o755)
    path = machine(folder / "bin", stand_in)
    builds = []
    for file in files:
        text = file.read_text("utf-8")
        library = "def call(" in text
        workspace = folder / f"workspace-{file.stem}"
        workspace.mkdir()
        (workspace / "deploy.sh").write_text("echo deployed >> calls\n", "utf-8")
        known = {"PATH": path, "HOME": str(folder), "WORKSPACE": str(workspace), "NODE_NAME": "n1", **env}
        known |= {"JOB_NAME": "shop/x", "BUILD_URL": "https://jenkins.example/1/", "BRANCH_NAME": _main_branch(text)}
        if pull_request:
            known |= {"CHANGE_ID": "7", "CHANGE_TARGET": "main", "BRANCH_NAME": "PR-7"}
        given = {"credentials": "perfreg-token", **(GIVEN if manual else {})}
        builds.append(
            Build(
                file=file, workspace=workspace, archive=folder / f"archive-{file.stem}", environment=known,
                parameters=MANUAL if manual and not library else {}, given=given if library else None,
                credentials={"perfreg-token": "secret-of-the-test"},
            )
        )  # fmt: skip
    ran = run(folder, *builds)
    return {
        name: Ran(
            name=name, text=build.file.read_text("utf-8"), build=done,
            calls=(build.workspace / "calls").read_text("utf-8").splitlines(),
        )
        for name, build, done in zip(CASES, builds, ran, strict=True)
    }  # fmt: skip


def _legs(text: str) -> int:
    return len(re.findall(r"^ +\[name: ", text, re.MULTILINE))


@EACH
def test_a_good_commit_of_main_passes_and_is_stored_once(files: dict[str, list[Path]], target: str) -> None:
    for name, ran in _ran(files[target]).items():
        build = ran.build
        assert build.result == "SUCCESS", f"{name}: {build.log}"
        measured = ran.called("run ")
        assert len(measured) == _legs(ran.text) >= 1
        assert len(set(measured)) == len(measured)
        assert all("PERFREG_BASELINE__PUSH=false" in call for call in measured)
        assert len(ran.called("baseline ")) == len(ran.called("baseline push ")) == 1
        assert "--gate" in [call for call in ran.calls if call != "deployed"][-1]
        assert ("deployed" in ran.calls) == ("Deploy" in build.stages) == ("DEPLOY_SCRIPT" in ran.text)
        shown = ("junit", "perfReport", "publishHTML", "publishChecks", "archiveArtifacts")
        assert all(len(build.given(step)) == 1 for step in shown)
        assert build.only("publishChecks")["conclusion"] == "SUCCESS"
        assert build.given("emailext") == []
        assert "secret-of-the-test" not in build.log
        told = [call for call in measured if "PERFREG_TOKEN=" in call]
        is_branch = re.search(r"(STORE = |baseline: )'git'", ran.text) is not None
        assert bool(told) == is_branch, "only a store that is a branch is read with the token"


@EACH
def test_a_regressed_pull_request_is_compared_reported_and_fails(files: dict[str, list[Path]], target: str) -> None:
    for name, ran in _ran(files[target], pull_request=True, MEASURED="1").items():
        build = ran.build
        assert build.result == "FAILURE", f"{name}: {build.log}"
        compared = ran.called("compare --base origin/main ")
        assert len(compared) == _legs(ran.text)
        assert not any("PERFREG_TOKEN=" in call for call in compared)
        assert ran.called("run ") == ran.called("baseline ") == []
        assert build.given("caught") == ["something regressed: the gate decides"] * len(compared)
        assert build.given("failed") == ["the performance gate failed: a regression"]
        assert len(ran.called("publish ")) == 1
        assert build.only("publishChecks")["conclusion"] == "FAILURE"
        assert {"Deploy", "Update baselines", "Fetch baselines"}.isdisjoint(build.stages)
        assert "deployed" not in ran.calls
        assert len(build.given("emailext")) == (1 if target == "jenkins" else 0)


@EACH
@pytest.mark.long
def test_warnings_make_it_unstable_and_hinder_a_deployment(files: dict[str, list[Path]], target: str) -> None:
    for name, ran in _ran(files[target], GATE="warn").items():
        assert ran.build.result == "UNSTABLE", f"{name}: {ran.build.log}"
        assert ran.build.only("publishChecks")["conclusion"] == "NEUTRAL"
        assert "Deploy" not in ran.build.stages


@EACH
@pytest.mark.long
def test_what_breaks_fails_after_everything_was_shown(files: dict[str, list[Path]], target: str) -> None:
    for name, ran in _ran(files[target], MEASURED="3").items():
        assert ran.build.result == "FAILURE", f"{name}: {ran.build.log}"
        assert set(ran.build.given("caught")) == {"there is no verdict: see the log"}
        assert ran.build.given("failed") == ["there is no verdict to trust: see the log"]
        assert len(ran.called("baseline push ")) == 1, "what the other legs have measured is kept"


@EACH
@pytest.mark.long
def test_a_manual_run_hands_on_what_the_form_says(files: dict[str, list[Path]], target: str) -> None:
    for ran in _ran(files[target], manual=True).values():
        for call in ran.called("run "):
            assert all(f"{name}={value}\t" in call for name, value in MANUAL.items()), call
        assert len(ran.called("baseline reset * ")) == 1
        assert "Start baselines anew" in ran.build.stages


@pytest.mark.long
def test_the_overlay_counts_in_the_first_build_too(files: dict[str, list[Path]]) -> None:
    ran = _ran(files["jenkins"])
    assert all("PERFREG_ENVIRONMENT=staging\t" in call for call in ran["everything"].called("run "))
    assert not any("PERFREG_ENVIRONMENT" in call for call in ran["shop"].called("run "))


@pytest.mark.long
def test_databases_are_started_awaited_and_named(files: dict[str, list[Path]]) -> None:
    ran = _ran(files["jenkins"])
    images = {name: [each["image"] for each in one.build.given("container")] for name, one in ran.items()}
    assert images["everything"] == ["postgres:16", "redis:7.4-alpine", "ghcr.io/example/search:1.2"]
    assert images["two of a kind"] == ["postgres:16", "postgres:17", "mariadb:11"]
    assert images["shop"] == []
    assert len(images["databases"]) == 2
    for call in ran["databases"].called("run "):
        assert re.search(r"\tMY_URL=\S*127\.0\.0\.1:13306\S*\t", call), call
        assert re.search(r"\tPG_URL=\S*127\.0\.0\.1:15432\S*\t", call), call


@pytest.mark.long
def test_the_linter_of_jenkinsfiles_finds_no_error(files: dict[str, list[Path]], tmp_path: Path) -> None:
    names = [str(file.relative_to(tmp_path)) for target in TARGETS for file in files[target]]
    assert len(names) == 2 * len(CASES)
    command = [program("npm-groovy-lint"), "--noserver", "--config", "recommended-jenkinsfile", "--failon", "error"]
    command += ["--output", "json", *names]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout[done.stdout.index("{") :])
    assert found["summary"]["totalFilesLinted"] == len(names), done.stdout
    told = [each for file in found["files"].values() for each in file["errors"] if each["severity"] != "info"]
    # What people call things, and the addresses of databases, make lines as long as they are.
    assert {each["rule"] for each in told} <= {"LineLength"}
