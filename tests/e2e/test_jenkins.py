"""The generated Jenkinsfile and library step, run as builds of a small project with a fake of Bitbucket as its host.

What measures is the real perfreg, and so are git and the scripts. The steps of Jenkins are those of tests/e2e/jenkins.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from tests.e2e.jenkins.builds import Build, Finished, machine, run
from tests.e2e.shop import CONFIGURATION, FAST, SLOW
from tests.support.bitbucket.hub import REPOSITORY, Bitbucket, bitbucket
from tests.support.fake_host import NUMBER, TOKEN
from tests.support.git_repository import Checkout, git, make_checkout
from tests.support.templates import printer

pytestmark = pytest.mark.e2e

SERVED = """\
service:
  start: python3 -m http.server {port} --bind 127.0.0.1
  ready: {url: "http://127.0.0.1:{port}/"}
baseline: {store: git}
test_duration: 600
test_scenarios:
  - {name: home, type: api, endpoint: /perfreg.yml, concurrent_users: 1}
"""

# How the step of the library calls what the form calls by the names of variables.
_SETTINGS = {
    "PERF_TEST_DURATION": "testDuration",
    "PERF_CONCURRENT_USERS": "concurrentUsers",
    "PERFREG_FAIL_ON_REGRESSION": "failOnRegression",
    "ESTABLISH_BASELINES": "establishBaselines",
}


@dataclass(frozen=True, kw_only=True)
class Project:
    """A multibranch project, the repository that it builds, and the pull requests of that."""

    hub: Bitbucket
    checkout: Checkout
    folder: Path
    file: Path
    path: str

    def commit(self, message: str, **seconds: str) -> str:
        """Commit how long each scenario takes, on the branch that is checked out, and push that."""
        for name, value in seconds.items():
            (self.checkout.path / name).write_text(value, "utf-8")
        commit = self.checkout.commit(message)
        git(self.checkout.path, "push", "--quiet", "origin", "HEAD")
        return commit

    def pushed(self, asked: Mapping[str, str | bool] = MappingProxyType({}), *, pip_fails: bool = False) -> Finished:
        """A build of main as it is now; ``asked`` is what somebody has filled in."""
        workspace = self._workspace("main")
        known = {name: text for name, text in self._known().items() if not name.startswith("CHANGE_")}
        known |= {"BRANCH_NAME": "main", "BRANCH_IS_PRIMARY": "true", "PIP_FAILS": str(int(pip_fails))}
        return self._run("main", workspace, {**known, "GIT_URL": f"https://bitbucket.org/{REPOSITORY}.git"}, asked)

    def requested(self) -> Finished:
        """A build of the pull request of the branch that is checked out, merged with main as Jenkins does it."""
        name, head = f"PR-{NUMBER}", git(self.checkout.path, "rev-parse", "HEAD")
        workspace = self._workspace(name)
        git(workspace, "merge", "--quiet", "--no-ff", "--message", f"Merge commit '{head}' into HEAD", head)
        return self._run(name, workspace, {**self._known(), "BRANCH_NAME": name, "CHANGE_TARGET": "main"}, {})

    def leave(self) -> None:
        """The next build is on another agent, with an empty workspace."""
        shutil.rmtree(self.folder / "workspaces")

    def archived(self, number: int) -> Path:
        """The artifacts of a build of main."""
        return self.folder / "archive" / "main" / str(number)

    def _known(self) -> dict[str, str]:
        known = self.hub.environment()
        del known["BITBUCKET_TOKEN"]
        return known

    def _workspace(self, name: str) -> Path:
        """A clone with main checked out, without a branch as always in Jenkins. The clone may be an old one."""
        path = self.folder / "workspaces" / name
        if not path.exists():
            git(self.folder, "clone", "--quiet", str(self.checkout.remote), str(path))
        git(path, "fetch", "--quiet", "origin")
        git(path, "checkout", "--quiet", "--force", "--detach", "origin/main")
        return path

    def _run(self, name: str, workspace: Path, known: dict[str, str], asked: Mapping[str, str | bool]) -> Finished:
        self.hub.head = git(self.checkout.path, "rev-parse", "HEAD")
        is_library = "def call(" in self.file.read_text("utf-8")
        given: dict[str, Any] = {_SETTINGS[key]: value for key, value in asked.items()}
        build = Build(
            file=self.file,
            workspace=workspace,
            archive=self.folder / "archive" / name,
            environment={
                **known, "PATH": self.path, "HOME": str(self.folder), "LANG": "C.UTF-8", "WORKSPACE": str(workspace),
                "NODE_NAME": "agent-1", "JOB_NAME": f"shop/{name}", "GIT_COMMIT": git(workspace, "rev-parse", "HEAD"),
            },
            parameters={} if is_library else dict(asked),
            given={"credentials": "perfreg-token", **given} if is_library else None,
            credentials={"perfreg-token": TOKEN},
        )  # fmt: skip
        (done,) = run(self.folder, build)
        assert TOKEN not in done.log
        return done

    @property
    def stored(self) -> int:
        """How many runs the branch with the baselines has."""
        try:
            names = git(self.checkout.remote, "ls-tree", "-r", "--name-only", "perfreg-data").splitlines()
        except subprocess.CalledProcessError:
            return 0
        return _runs(*(git(self.checkout.remote, "show", f"perfreg-data:{name}") for name in names))


def _runs(*texts: str) -> int:
    return sum('"kind":"run"' in line.replace(" ", "") for text in texts for line in text.splitlines())


def _verdicts(project: Project, name: str = "main") -> dict[str, str]:
    """What the newest build says of each metric that counts."""
    file = project.folder / "workspaces" / name / "perf-results" / "result.json"
    result = json.loads(file.read_text("utf-8"))
    return {each["scenario"]: each["status"] for each in result["verdicts"] if each["metric"] == "wall_time"}


@pytest.fixture(params=["jenkins", pytest.param("jenkins-library", marks=pytest.mark.long)])
def make(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Project]]:
    """Makes the project, with a file that is generated with these flags."""
    with bitbucket() as hub:

        def made(*flags: str, configuration: str = CONFIGURATION) -> Project:
            checkout = make_checkout(tmp_path / "job")
            (checkout.path / "perfreg.yml").write_text(configuration, "utf-8")
            (checkout.path / "deploy.sh").write_text("echo deployed > deployed\n", "utf-8")
            monkeypatch.chdir(checkout.path)
            gate = ("--deploy-gate",) if request.param == "jenkins" else ()
            file = tmp_path / "Generated.groovy"
            file.write_text(printer(capsys)(request.param, "--branch", "main", *gate, *flags), "utf-8")
            path = machine(tmp_path / "bin")
            project = Project(hub=hub, checkout=checkout, folder=tmp_path, file=file, path=path)
            project.commit("Begin", search=FAST, order=FAST)
            return project

        yield made


@pytest.mark.long
def test_main_is_held_against_its_history_on_a_branch(make: Callable[..., Project]) -> None:
    project = make()
    first = project.pushed()
    assert first.result == "UNSTABLE", first.log
    assert first.given("unstable") == ["the performance gate passed with warnings"], "there is nothing to compare with"
    assert project.stored == 2, first.log
    assert git(project.checkout.remote, "rev-list", "--count", "perfreg-data") == "1"
    assert "Deploy" not in first.stages

    project.commit("Say what search is for")
    good = project.pushed()
    assert good.result == "SUCCESS", good.log
    assert _verdicts(project) == {"search": "unchanged", "order": "unchanged"}
    assert good.only("publishChecks")["conclusion"] == "SUCCESS"
    assert good.given("emailext") == []
    assert project.stored == 4
    reports = ("index.html", "junit.xml", "perfreg.jtl", "perfreg.csv", "report.md", "result.json")
    assert all((project.archived(2) / "perf-results" / name).is_file() for name in reports)
    is_library = "Deploy" not in project.file.read_text("utf-8")
    assert is_library or (project.folder / "workspaces" / "main" / "deployed").is_file()

    project.commit("Rank by relevance", search=SLOW)
    tolerant = project.pushed({"PERFREG_FAIL_ON_REGRESSION": False})
    assert tolerant.result == "UNSTABLE", tolerant.log
    assert _verdicts(project) == {"search": "regression", "order": "unchanged"}
    bad = project.pushed()
    assert bad.result == "FAILURE", bad.log
    assert bad.given("caught") == ["something regressed: the gate decides"]
    assert bad.given("failed") == ["the performance gate failed: a regression"]
    assert bad.only("publishChecks")["conclusion"] == "FAILURE"
    assert "search.wall_time" in bad.only("publishChecks")["summary"]
    assert is_library or len(bad.given("emailext")) == 1
    assert "Update baselines" in bad.stages
    assert "Deploy" not in bad.stages
    assert project.stored == 8, "what regressed is kept, and is no baseline"

    project.commit("Relevance is worth it [update-baselines]")
    anew = project.pushed()
    assert anew.result == "UNSTABLE", anew.log
    assert "Start baselines anew" in anew.stages
    assert _verdicts(project) == {"search": "no_baseline", "order": "no_baseline"}
    project.commit("Go on")
    after = project.pushed()
    assert after.result == "SUCCESS", after.log
    assert "Start baselines anew" not in after.stages
    assert _verdicts(project) == {"search": "unchanged", "order": "unchanged"}


@pytest.mark.long
def test_baselines_are_handed_on_from_build_to_build(make: Callable[..., Project]) -> None:
    project = make("--baseline", "artifact")
    first = project.pushed()
    assert first.result == "UNSTABLE", first.log
    assert project.stored == 0
    project.leave()
    project.commit("Say what search is for")
    second = project.pushed()
    assert second.result == "SUCCESS", second.log
    assert _verdicts(project) == {"search": "unchanged", "order": "unchanged"}
    project.leave()
    broken = project.pushed(pip_fails=True)
    assert broken.result == "FAILURE", broken.log
    assert broken.given("failed") == ["script returned exit code 1"]
    project.leave()
    project.commit("Rank by relevance [update-baselines]", search=SLOW)
    third = project.pushed()
    assert third.result == "UNSTABLE", third.log
    assert _verdicts(project) == {"search": "no_baseline", "order": "no_baseline"}
    shards = (project.archived(4) / "perfreg-baseline").rglob("*.jsonl")
    assert _runs(*(shard.read_text("utf-8") for shard in shards)) == 6, third.log


def test_a_regressed_pull_request_fails_and_is_told_so_until_it_is_mended(make: Callable[..., Project]) -> None:
    project = make()
    git(project.checkout.path, "checkout", "--quiet", "-b", "feature")
    project.commit("Rank by relevance", search=SLOW)
    failed = project.requested()
    assert failed.result == "FAILURE", failed.log
    assert _verdicts(project, f"PR-{NUMBER}") == {"search": "regression", "order": "unchanged"}
    (note,) = project.hub.notes
    assert "search.wall_time" in note.body
    assert project.hub.standings[-1][:2] == (project.hub.head, "FAILED")
    assert failed.given("withCredentials") == ["perfreg-token"], "publishing alone gets the token"
    assert {"Fetch baselines", "Update baselines", "Deploy"}.isdisjoint(failed.stages)
    assert project.stored == 0

    project.commit("Cache the ranking", search=FAST)
    passed = project.requested()
    assert passed.result == "SUCCESS", passed.log
    assert _verdicts(project, f"PR-{NUMBER}") == {"search": "unchanged", "order": "unchanged"}
    assert project.hub.notes == [note]
    assert project.hub.standings[-1][:2] == (project.hub.head, "SUCCESSFUL")


@pytest.mark.long
def test_who_starts_it_says_for_how_long_and_with_how_many_users(make: Callable[..., Project]) -> None:
    project = make(configuration=SERVED)
    records = []
    for asked in ({"PERF_TEST_DURATION": "1"}, {"PERF_TEST_DURATION": "1", "PERF_CONCURRENT_USERS": "2"}):
        done = project.pushed(asked)
        assert done.result == "UNSTABLE", done.log
        result = json.loads((project.folder / "workspaces/main/perf-results/result.json").read_text("utf-8"))
        records += result["run"]["scenarios"]
    alone, two = records
    assert max(alone["duration_s"], two["duration_s"]) < 60
    assert alone["hash"] != two["hash"], "another number of users is another series"
    wrong = project.pushed({"PERF_CONCURRENT_USERS": "many"})
    assert wrong.result == "FAILURE", wrong.log
    assert wrong.given("caught") == ["there is no verdict: see the log"]
