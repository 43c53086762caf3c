"""A project in Azure Repos that has the pipeline which is generated for it, and what happens to it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.e2e.azure.agent import Machine
from tests.e2e.azure.build import Build
from tests.e2e.azure.pipelines import Pipelines
from tests.e2e.shop import CONFIGURATION, FAST
from tests.support.azure.hub import PROJECT, REPOSITORY, Azure
from tests.support.command_line import environment
from tests.support.fake_host import NUMBER, Ask
from tests.support.git_repository import Checkout, git, make_checkout
from tests.support.rest_server import Reply, Request, serve

_JOB_TOKEN = "head.claims.signature"
_PROJECT_ID = "6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c"
_BIN = Path(sys.executable).parent
_DEPLOY = 'echo "deployed: $BUILD_SOURCEVERSION"\n'

# A Python whose virtual environments have what this one has: installing is pip's business.
_PYTHON = f"""\
#!/bin/sh
[ "$2" = venv ] || exec '{_BIN}/python' "$@"
mkdir -p "$3/bin"
ln -s '{_BIN}/perfreg' "$3/bin/perfreg"
cp "${{0%/*}}/pip" "$3/bin/python"
"""
_PIP = f"""\
#!/bin/sh
[ "$2 $3" = "pip install" ] || exec '{_BIN}/python' "$@"
for wanted; do :; done
echo "installed: $wanted"
"""


@dataclass
class _Azure(Azure):
    """Azure DevOps as a job meets it: with the token of jobs, and asked by the identifier of the project."""

    def is_known(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {_JOB_TOKEN}"

    def answer(self, name: str, ask: Ask) -> Reply:
        assert ask.path["project"] == _PROJECT_ID
        return super().answer(name, replace(ask, path={**ask.path, "project": PROJECT}))


@dataclass(frozen=True, kw_only=True)
class Project:
    """The repository as somebody has it who works on it, the server and its pipeline."""

    hub: _Azure
    checkout: Checkout
    pipelines: Pipelines

    def commit(self, message: str, **files: str) -> str:
        """Commit these files, such as how long a scenario takes, on the branch that is checked out, and push that."""
        for name, text in files.items():
            (self.checkout.path / name).write_text(text, "utf-8")
        commit = self.checkout.commit(message)
        git(self.checkout.path, "push", "--quiet", "origin", "HEAD")
        return commit

    def branch(self, name: str) -> None:
        """Begin a branch here."""
        git(self.checkout.path, "checkout", "--quiet", "-b", name)

    def pushed(self) -> Build:
        """The build of a push to the branch that is checked out."""
        return self._run("BatchedCI", f"refs/heads/{self._branch}", "HEAD")

    def asked_for(self, **parameters: str) -> Build:
        """The build that somebody starts for the branch that is checked out, with what is filled into the form."""
        return self._run("Manual", f"refs/heads/{self._branch}", "HEAD", parameters=parameters)

    def requested(self) -> Build:
        """The build of the pull request of the branch that is checked out, which wants to be merged into main."""
        path, branch = self.checkout.path, self._branch
        self.hub.head = git(path, "rev-parse", "HEAD")
        git(path, "checkout", "--quiet", "--detach", "origin/main")
        git(path, "merge", "--quiet", "--no-ff", "--message", f"Merge pull request {NUMBER} from {branch}", branch)
        merged = git(path, "rev-parse", "HEAD")
        git(path, "push", "--quiet", "--force", "origin", f"HEAD:refs/pull/{NUMBER}/merge")
        git(path, "checkout", "--quiet", branch)
        about = {
            "System.PullRequest.IsFork": "False",
            "System.PullRequest.PullRequestId": str(NUMBER),
            "System.PullRequest.SourceBranch": f"refs/heads/{branch}",
            "System.PullRequest.SourceCommitId": self.hub.head,
            "System.PullRequest.TargetBranch": "refs/heads/main",
        }
        return self._run("PullRequest", f"refs/pull/{NUMBER}/merge", merged, about=about)

    def _run(
        self,
        reason: str,
        ref: str,
        commit: str,
        *,
        about: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Build:
        source = git(self.checkout.path, "rev-parse", commit)
        trigger = {"Build.Reason": reason, "Build.SourceBranch": ref, "Build.SourceVersion": source, **(about or {})}
        text = (self.checkout.path / "azure-pipelines.yml").read_text("utf-8")
        return self.pipelines.run(text, trigger, parameters or {})

    @property
    def _branch(self) -> str:
        return git(self.checkout.path, "symbolic-ref", "--short", "HEAD")

    def stored(self) -> list[str]:
        """The commits of all runs in the branch with the baselines."""
        if not git(self.checkout.remote, "for-each-ref", "refs/heads/perfreg-data"):
            return []
        names = git(self.checkout.remote, "ls-tree", "-r", "--name-only", "perfreg-data").splitlines()
        shards = (name for name in names if name.endswith(".jsonl"))
        return runs(*(git(self.checkout.remote, "show", f"perfreg-data:{name}") for name in shards))


def runs(*texts: str) -> list[str]:
    """The commits of all runs in these files of a store."""
    records = (json.loads(line) for text in texts for line in text.splitlines())
    return [each["data"]["source"]["commit"] for each in records if each["kind"] == "run"]


def result(build: Build) -> dict[str, Any]:
    """The result that a build has published."""
    document: dict[str, Any] = json.loads((build.artifacts / "perf-results-1" / "result.json").read_text("utf-8"))
    return document


def verdicts(build: Build) -> dict[str, str]:
    """What the result of a build says of each scenario's time."""
    return {each["scenario"]: each["status"] for each in result(build)["verdicts"] if each["metric"] == "wall_time"}


@contextmanager
def project(
    directory: Path, *flags: str, configuration: str = CONFIGURATION, caller: str = "", branch: str = "main"
) -> Iterator[Project]:
    """A project whose first commit is pushed, with the pipeline for these ``flags``, or with that of a ``caller``.

    The latter extends the template that is generated for them as performance.yml of another repository.
    """
    checkout = make_checkout(directory / "code")
    (checkout.path / "perfreg.yml").write_text(configuration, "utf-8")
    made = _generated(checkout.path, "azure-template" if caller else "azure", *flags)
    tools = directory / "tools"
    tools.mkdir()
    for name, text in (("python", _PYTHON), ("pip", _PIP)):
        (tools / name).write_text(text, "utf-8")
        (tools / name).chmod(0o755)
    with serve() as api:
        hub = _Azure(api=api)
        api.route = hub.route
        pipelines = Pipelines(
            directory=directory / "builds",
            machine=Machine(remote=checkout.remote, python=tools),
            variables={
                "Build.Repository.ID": REPOSITORY,
                "Build.Repository.Name": "shop",
                "Build.Repository.Provider": "TfsGit",
                "System.CollectionUri": f"{hub.url}/",
                "System.DefinitionId": "12",
                "System.TeamProject": PROJECT,
                "System.TeamProjectId": _PROJECT_ID,
                "TF_BUILD": "True",
            },
            token=_JOB_TOKEN,
            templates={"performance.yml": made} if caller else {},
        )
        begun = Project(hub=hub, checkout=checkout, pipelines=pipelines)
        if branch != "main":
            begun.branch(branch)
        begun.commit("Begin", search=FAST, order=FAST, **{"azure-pipelines.yml": caller or made, "deploy.sh": _DEPLOY})
        yield begun
        assert hub.problems == []


def _generated(folder: Path, *arguments: str) -> str:
    command = [str(_BIN / "perfreg-templates"), *arguments]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=True)
    return done.stdout
