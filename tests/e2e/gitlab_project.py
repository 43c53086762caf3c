"""A small project at a fake of GitLab, whose pipelines gitlab-ci-local runs as a runner with a shell would."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.shop import CONFIGURATION, FAST
from tests.support.command_line import environment
from tests.support.fake_host import TOKEN
from tests.support.git_repository import Checkout, git, make_checkout
from tests.support.gitlab.hub import GitLab, gitlab
from tests.support.tools import installed, program

ONE = "".join(line for line in CONFIGURATION.splitlines(keepends=True) if "order" not in line)
"""The configuration with one scenario, for what needs no second leg."""

BRANCH = "perfreg-data"

# A virtual environment that has what this one has: installing is pip's business.
_PYTHON = """\
#!/bin/sh
[ "$2" = venv ] || exec '{bin}/python' "$@"
mkdir -p "$3/bin"
cd "$3/bin"
ln -sf '{bin}/perfreg' perfreg
printf '#!/bin/sh\\n[ "$2" = pip ] || exec "{bin}/python" "$@"\\n' > python
chmod +x python
printf 'PATH="%s:$PATH"\\n' "$PWD" > activate
"""


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A pipeline that has ended: its exit code, and what its jobs have printed."""

    code: int
    log: str

    def ran(self, job: str) -> bool:
        """Whether a job was started."""
        return re.search(rf"^{re.escape(job)}\b.*\bstarting\b", self.log, re.MULTILINE) is not None


@dataclass(frozen=True, kw_only=True)
class Project:
    """A checkout of the project. ``variables`` win over what the fake tells a job; ``path`` is the `PATH` of jobs."""

    hub: GitLab
    checkout: Checkout
    path: str
    variables: Mapping[str, str]

    def commit(self, message: str, **seconds: str) -> str:
        """Commit how long each scenario takes, on the branch that is checked out, and push that; the commit."""
        for name, value in seconds.items():
            (self.checkout.path / name).write_text(value, "utf-8")
        commit = self.checkout.commit(message)
        git(self.checkout.path, "push", "--quiet", "origin", "HEAD")
        return commit

    def pushed(self) -> Pipeline:
        """The pipeline of a push to the branch that is checked out."""
        return self.pipeline("push")

    def pipeline(self, source: str, **variables: str) -> Pipeline:
        """The pipeline of the branch that is checked out which ``source`` has made, with its ``variables``."""
        known = {name: value for name, value in self._known().items() if not name.startswith("CI_MERGE_REQUEST")}
        return self._run({**known, "CI_PIPELINE_SOURCE": source, **variables})

    def requested(self) -> Pipeline:
        """The pipeline of the merge request of the branch that is checked out."""
        self.hub.head = git(self.checkout.path, "rev-parse", "HEAD")
        base = git(self.checkout.path, "merge-base", "origin/main", "HEAD")
        # A job of a merge request knows no branch.
        return self._run(
            {**self._known(), "CI_MERGE_REQUEST_DIFF_BASE_SHA": base}, "--unset-variable", "CI_COMMIT_BRANCH"
        )

    def _known(self) -> dict[str, str]:
        hidden = ("CI_COMMIT_SHA", "GITLAB_TOKEN")
        told = {name: value for name, value in self.hub.environment().items() if name not in hidden}
        message = git(self.checkout.path, "log", "--max-count=1", "--format=%B")
        # The place that gitlab-ci-local names is one in a container, as jobs with an image have it.
        own = {"CI_PROJECT_DIR": ".", "CI_COMMIT_MESSAGE": message, "PERFREG_TOKEN": TOKEN}
        return {**told, **own, **self.variables}

    def _run(self, variables: Mapping[str, str], *flags: str) -> Pipeline:
        shutil.rmtree(self.checkout.path / "perf-results", ignore_errors=True)
        # As a runner does it: each job has files of its own, and those of one resource group take turns.
        arguments = ["--force-shell-executor", "--shell-isolation", "--concurrency", "1", *flags]
        arguments += ["--ignore-predefined-vars", ",".join(variables)]
        for name, value in variables.items():
            arguments += ["--variable", f"{name}={value}"]
        done = gitlab_ci_local(self.checkout.path, *arguments, path=self.path)
        return Pipeline(code=done.returncode, log=done.stdout + done.stderr)

    @property
    def result(self) -> dict[str, Any]:
        """What the newest pipeline has reported."""
        found: dict[str, Any] = json.loads((self.checkout.path / "perf-results" / "result.json").read_text("utf-8"))
        return found

    @property
    def verdicts(self) -> dict[str, str]:
        """What the report says of each metric that counts."""
        return {each["scenario"]: each["status"] for each in self.result["verdicts"] if each["metric"] == "wall_time"}

    def stored(self, kind: str = "run") -> list[dict[str, Any]]:
        """The runs, or the events, that the branch with the baselines has."""
        if not git(self.checkout.remote, "for-each-ref", f"refs/heads/{BRANCH}"):
            return []
        names = git(self.checkout.remote, "ls-tree", "-r", "--name-only", BRANCH).splitlines()
        texts = [git(self.checkout.remote, "show", f"{BRANCH}:{name}") for name in names if name.endswith(".jsonl")]
        lines = [json.loads(line) for text in texts for line in text.splitlines()]
        return [line["data"] for line in lines if line.get("kind") == kind]


def gitlab_ci_local(directory: Path, *arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run gitlab-ci-local on the pipeline in ``directory``, with nothing of this machine's settings."""
    for name in ("node", "rsync"):
        installed(name)
    env = {"PATH": path or os.environ["PATH"], "HOME": str(directory.parent), "LANG": "C.UTF-8"}
    command = [program("gitlab-ci-local"), *arguments]
    return subprocess.run(command, cwd=directory, env=env, capture_output=True, text=True, check=False, timeout=600)


def template(directory: Path, target: str, *flags: str) -> str:
    """What `perfreg-templates` prints there."""
    command = [str(Path(sys.executable).with_name("perfreg-templates")), target, *flags]
    done = subprocess.run(command, cwd=directory, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def project(
    directory: Path,
    *flags: str,
    config: str = CONFIGURATION,
    pipeline: str = "",
    variables: Mapping[str, str] | None = None,
) -> Iterator[Project]:
    """A project whose first commit is on main, with a ``pipeline`` or the one that is printed for these ``flags``."""
    checkout = make_checkout(directory / "job")
    python = directory / "bin" / "python3"
    python.parent.mkdir()
    python.write_text(_PYTHON.format(bin=Path(sys.executable).parent), "utf-8")
    python.chmod(0o755)
    (checkout.path / "perfreg.yml").write_text(config, "utf-8")
    with (checkout.path / ".gitignore").open("a") as ignored:
        ignored.write(".perf/\n.gitlab-ci-local/\n")
    text = pipeline or template(checkout.path, "gitlab", *flags)
    (checkout.path / ".gitlab-ci.yml").write_text(text, "utf-8")
    with gitlab() as hub:
        path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
        made = Project(hub=hub, checkout=checkout, path=path, variables=variables or {})
        made.commit("Begin", search=FAST, order=FAST)
        yield made
