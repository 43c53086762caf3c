"""A small project on the GitHub of these tests, and what happens to it: pushes, pull requests, forks, dispatches."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.act import Act, Finished
from tests.e2e.hub import READS, WRITES, Hub
from tests.e2e.substitutes import strategy
from tests.support.git_repository import git
from tests.support.github import events
from tests.support.github.documents import REPOSITORY

FAST, SLOW = "0.06", "0.3"
"""Seconds that the measured commands sleep: five times as long is a regression on any machine."""

CONFIGURATION = """\
baseline: {store: git}
compare: {budget: 40 s, min_effect: 50%} # on an idle machine it is certain after a few seconds
regression_threshold: 100
min_baseline_samples: 8
metrics:
  "*.*": {direction: none} # on a busy machine only what sleeps is sure to be the same again
  "*.wall_time": {direction: lower}
test_scenarios:
  - {name: search, type: command, run: sleep "$(cat search)", test_iterations: 8}
  - {name: order, type: command, run: sleep "$(cat order)", test_iterations: 8}
"""


def workflow(name: str) -> str:
    """One of the workflows that the project may have."""
    return (Path(__file__).parent / "workflows" / f"{name}.yml").read_text("utf-8")


@dataclass(kw_only=True)
class Shop:
    """The checkout of somebody who works on the project, and the workflow runs that follow."""

    hub: Hub
    act: Act
    directory: Path
    runs: Iterator[int] = field(default_factory=lambda: itertools.count(5001))

    @property
    def checkout(self) -> Path:
        """Where the developer works."""
        return self.directory / "checkout"

    def begin(self) -> str:
        """Push the first commit; its name."""
        git(self.directory, "clone", "--quiet", str(self.hub.remote), str(self.checkout))
        git(self.checkout, "checkout", "--quiet", "-B", "main")
        (self.checkout / "perfreg.yml").write_text(CONFIGURATION)
        return self.commit("Begin", search=FAST, order=FAST)

    def commit(self, message: str, **seconds: str) -> str:
        """Commit how long each scenario takes, on the branch that is checked out, and push that; the commit."""
        for name, value in seconds.items():
            (self.checkout / name).write_text(value)
        git(self.checkout, "add", "--all")
        git(self.checkout, "commit", "--quiet", "--allow-empty", "--message", message)
        git(self.checkout, "push", "--quiet", "origin", "HEAD")
        return git(self.checkout, "rev-parse", "HEAD")

    def branch(self, name: str) -> None:
        """Begin a branch where main is."""
        git(self.checkout, "checkout", "--quiet", "-B", name, "main")

    def request(self, number: int, branch: str, *, source: str = REPOSITORY) -> str:
        """Open a pull request for a branch, or bring it up to date; its merge commit.

        The branch of a fork is in the repository as what the pull request wants to have merged, and as nothing else.
        """
        head = git(self.checkout, "rev-parse", branch)
        git(self.checkout, "checkout", "--quiet", "--detach", "main")
        git(self.checkout, "merge", "--quiet", "--no-ff", "--message", f"Merge {branch}", branch)
        places = (f"HEAD:refs/pull/{number}/merge", f"{head}:refs/pull/{number}/head")
        git(self.checkout, "push", "--quiet", "--force", "origin", *places)
        if source != REPOSITORY:
            git(self.checkout, "push", "--quiet", "--force", "origin", f":refs/heads/{branch}")
        self.hub.api.pull(number, head=head, branch=branch, source=source)
        merged = git(self.checkout, "rev-parse", "HEAD")
        git(self.checkout, "checkout", "--quiet", branch)
        return merged

    def pushed(self, workflow: str, commit: str, before: str = "0" * 40) -> Finished:
        """The workflow run of a push to main."""
        event = events.push() | {"ref": "refs/heads/main", "before": before, "after": commit, "deleted": False}
        return self.run(workflow, "push", event, commit=commit, ref="refs/heads/main")

    def requested(self, workflow: str, number: int, merged: str) -> Finished:
        """The workflow run of a pull request; that of a fork has a token that may only read."""
        thread = self.hub.api.threads[number]
        event = events.pull_request(number=number, head=thread.head, branch=thread.branch, source=thread.source)
        event["pull_request"]["base"].update(ref="main", sha=git(self.checkout, "rev-parse", "main"))
        token = WRITES if thread.source == REPOSITORY else READS
        return self.run(
            workflow, "pull_request", event | {"number": number},
            commit=merged, ref=f"refs/pull/{number}/merge", token=token,
        )  # fmt: skip

    def dispatched(self, workflow: str, **inputs: str) -> Finished:
        """The workflow run that somebody asks for, on main."""
        event = events._event("workflow_dispatch") | {"ref": "refs/heads/main", "inputs": inputs}
        return self.run(workflow, "workflow_dispatch", event, commit=self.main, ref="refs/heads/main")

    def completed(self, workflow: str, number: int, run: int, *, conclusion: str) -> Finished:
        """The trusted workflow run after that of a pull request ended; it knows what GitHub noted of that run."""
        thread = self.hub.api.threads[number]
        event = events.workflow_run(
            head=thread.head, branch=thread.branch, source=thread.source or "", conclusion=conclusion
        )
        event["workflow_run"]["id"] = run
        return self.run(workflow, "workflow_run", event, commit=self.main, ref="refs/heads/main")

    @property
    def main(self) -> str:
        """The newest commit of main."""
        return git(self.hub.remote, "rev-parse", "main")

    def stored(self) -> int:
        """How many commits the data branch has."""
        found = git(self.hub.remote, "for-each-ref", "--format=%(objectname)", "refs/heads/perfreg-data")
        return int(git(self.hub.remote, "rev-list", "--count", found)) if found else 0

    @property
    def last_run(self) -> int:
        """The number of the newest workflow run."""
        return max(int(path.name.removeprefix("run-")) for path in self.directory.glob("run-*"))

    def run(
        self, workflow: str, name: str, event: Mapping[str, Any], *, commit: str, ref: str, token: str = WRITES
    ) -> Finished:
        """Run a workflow for an event of this repository."""
        number = next(self.runs)
        self.hub.begin(number, name, ref)
        directory = self.directory / f"run-{number}"
        directory.mkdir()
        return self.act.run(
            workflow, name, event, directory=directory, token=token,
            GITHUB_REPOSITORY=REPOSITORY, GITHUB_RUN_ID=str(number), GITHUB_REF=ref, SHA_REF=commit,
            GITHUB_SERVER_URL=self.hub.web.url, GITHUB_API_URL=self.hub.api.url,
            GITHUB_GRAPHQL_URL=f"{self.hub.web.url}/api/graphql", E2E_ARTIFACTS=str(self.hub.artifacts),
            E2E_CACHE=str(self.hub.caches), **strategy("search", "order"),
        )  # fmt: skip
