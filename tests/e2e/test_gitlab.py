"""The generated GitLab pipeline, run by gitlab-ci-local as a runner would, at a fake of GitLab.

Needs rsync and gitlab-ci-local: `npm install --global gitlab-ci-local@4.66.1`, or its path in PERFREG_GITLAB_CI_LOCAL.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.shop import CONFIGURATION, FAST, SLOW
from tests.support.fake_host import TOKEN
from tests.support.git_repository import Checkout, git, make_checkout
from tests.support.gitlab.hub import GitLab, gitlab

from perfreg.cli.templates import main

# A virtual environment that has what this one has: installing is pip's business.
_PYTHON = """\
#!/bin/sh
[ "$2" = venv ] || exec '{bin}/python' "$@"
mkdir -p "$3/bin"
ln -sf '{bin}/perfreg' "$3/bin/perfreg"
printf '#!/bin/sh\\n[ "$2" = pip ] || exec "{bin}/python" "$@"\\n' > "$3/bin/python"
chmod +x "$3/bin/python"
printf 'PATH="%s/bin:$PATH"\\n' "$3" > "$3/bin/activate"
"""


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project at the fake, with the pipeline that was generated for it."""

    hub: GitLab
    checkout: Checkout
    program: str
    path: str

    def commit(self, message: str, **seconds: str) -> str:
        """Commit how long each scenario takes, on the branch that is checked out, and push that."""
        for name, value in seconds.items():
            (self.checkout.path / name).write_text(value, "utf-8")
        commit = self.checkout.commit(message)
        git(self.checkout.path, "push", "--quiet", "origin", "HEAD")
        return commit

    def pushed(self) -> subprocess.CompletedProcess[str]:
        """The pipeline of a push to the branch that is checked out."""
        kept = {name: value for name, value in self._known().items() if not name.startswith("CI_MERGE_REQUEST")}
        return self._run({**kept, "CI_PIPELINE_SOURCE": "push"})

    def requested(self) -> subprocess.CompletedProcess[str]:
        """The pipeline of the merge request of the branch that is checked out."""
        self.hub.head = git(self.checkout.path, "rev-parse", "HEAD")
        base = git(self.checkout.path, "merge-base", "origin/main", "HEAD")
        return self._run({**self._known(), "CI_MERGE_REQUEST_DIFF_BASE_SHA": base})

    def _known(self) -> dict[str, str]:
        known = {name: value for name, value in self.hub.environment().items() if name != "CI_COMMIT_SHA"}
        known.pop("GITLAB_TOKEN")
        return {**known, "PERFREG_TOKEN": TOKEN}

    def _run(self, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
        shutil.rmtree(self.checkout.path / "perf-results", ignore_errors=True)
        # As a runner does it: each job has files of its own, and those of one resource group take turns.
        command = [self.program, "--force-shell-executor", "--shell-isolation", "--concurrency", "1"]
        command += ["--ignore-predefined-vars", ",".join(variables)]
        for name, value in variables.items():
            command += ["--variable", f"{name}={value}"]
        env = {"PATH": self.path, "HOME": str(self.checkout.path.parent), "LANG": "C.UTF-8"}
        return subprocess.run(
            command, cwd=self.checkout.path, env=env, capture_output=True, text=True, check=False, timeout=600
        )

    @property
    def verdicts(self) -> dict[str, str]:
        """What the report says of each metric that counts."""
        result = json.loads((self.checkout.path / "perf-results" / "result.json").read_text("utf-8"))
        return {each["scenario"]: each["status"] for each in result["verdicts"] if each["metric"] == "wall_time"}

    def runs_in_store(self) -> int:
        """How many runs the branch with the baselines has."""
        try:
            names = git(self.checkout.remote, "ls-tree", "-r", "--name-only", "perfreg-data").splitlines()
        except subprocess.CalledProcessError:
            return 0
        texts = [git(self.checkout.remote, "show", f"perfreg-data:{name}") for name in names if name.endswith(".jsonl")]
        return sum('"kind":"run"' in line.replace(" ", "") for text in texts for line in text.splitlines())


def _program() -> str:
    found = os.environ.get("PERFREG_GITLAB_CI_LOCAL") or shutil.which("gitlab-ci-local")
    if not found or not shutil.which("rsync"):
        pytest.skip("needs gitlab-ci-local and rsync")
    return found


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Project]:
    """A project whose first commit, with its pipeline, is on main."""
    program = _program()
    checkout = make_checkout(tmp_path / "job")
    stub = tmp_path / "bin" / "python3"
    stub.parent.mkdir()
    stub.write_text(_PYTHON.format(bin=Path(sys.executable).parent), "utf-8")
    stub.chmod(0o755)
    (checkout.path / "perfreg.yml").write_text(CONFIGURATION, "utf-8")
    with (checkout.path / ".gitignore").open("a") as ignored:
        ignored.write(".perf/\n.gitlab-ci-local/\n")
    file = checkout.path / ".gitlab-ci.yml"
    assert main(["gitlab", "--config", str(checkout.path / "perfreg.yml"), "--output", str(file)]) == 0
    capsys.readouterr()
    file.write_text(file.read_text("utf-8").replace(str(checkout.path / "perfreg.yml"), "perfreg.yml"), "utf-8")
    with gitlab() as hub:
        project = Project(hub=hub, checkout=checkout, program=program, path=f"{stub.parent}:{os.environ['PATH']}")
        project.commit("Begin", search=FAST, order=FAST)
        yield project


@pytest.mark.e2e
def test_a_push_to_main_is_measured_and_stored_once(project: Project) -> None:
    done = project.pushed()
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.verdicts == {"search": "no_baseline", "order": "no_baseline"}
    assert project.runs_in_store() == 2, done.stdout
    assert git(project.checkout.remote, "rev-list", "--count", "perfreg-data") == "1"
    reports = project.checkout.path / "perf-results"
    names = ("annotations.json", "index.html", "junit.xml", "load-performance.json", "metrics.txt", "report.md")
    assert all((reports / name).is_file() for name in names)


@pytest.mark.e2e
def test_a_regressed_merge_request_fails_and_gets_a_note_that_is_cleared_when_it_is_mended(project: Project) -> None:
    git(project.checkout.path, "checkout", "--quiet", "-b", "feature")
    project.commit("Slow the search down", search=SLOW)
    failed = project.requested()
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert project.verdicts == {"search": "regression", "order": "unchanged"}
    assert [note for note in project.hub.notes if "search" in note.body]
    assert project.runs_in_store() == 0
    project.commit("Mend the search", search=FAST)
    passed = project.requested()
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert project.verdicts == {"search": "unchanged", "order": "unchanged"}
    assert len(project.hub.notes) == 1
