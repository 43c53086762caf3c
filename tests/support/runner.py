"""A runner in whose jobs the Action is used, and the GitHub that it talks to: for days on which either misbehaves."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from perfreg.model.result import Result
from perfreg.publish.forges.github_api import Access, GitHubApi
from perfreg.publish.forges.patience import Patience
from perfreg.publish.stores.backoff import Backoff
from perfreg.report.formats import json_
from tests.support import action_job
from tests.support.action_job import Used
from tests.support.github import events
from tests.support.github.hub import TOKEN, GitHub


@dataclass(kw_only=True)
class Runner:
    """A runner whose files are in ``folder``; ``pauses`` are the seconds that the clients would have waited."""

    folder: Path
    hub: GitHub
    pauses: list[float] = field(default_factory=list)

    @property
    def work(self) -> Path:
        """The directory that jobs begin in."""
        work = self.folder / "work"
        work.mkdir(exist_ok=True)
        return work

    def leave(self, leg: str, result: Result | str) -> None:
        """A result where the job that gathers finds it: the artifact of a leg."""
        place = self.folder / "temp" / "perfreg-legs" / leg
        place.mkdir(parents=True)
        text = result if isinstance(result, str) else json_.render(result)
        (place / "result.json").write_text(text, "utf-8")

    def gather(self, event: dict[str, Any] | None = None, *, legs: int = 1, **given: str) -> Used:
        """Put the legs together, in a job of a pull request or of what is ``given``."""
        return self.use(event, mode="report", legs=str(legs), **given)

    def use(self, event: dict[str, Any] | None = None, *, name: str = "pull_request", **given: str) -> Used:
        """Use the Action. What is ``given`` in capitals are variables of the job, and all else are inputs."""
        seen = events.environment(self.folder, name, event or events.pull_request(), GITHUB_API_URL=self.hub.url)
        job = {**seen, "PERFREG_TOKEN": TOKEN, "PERFREG_JOB_TOKEN": TOKEN}
        job |= {key: value for key, value in given.items() if key.isupper()}
        inputs = {key: value for key, value in given.items() if not key.isupper()}
        return action_job.use(self.work, self.folder / "temp", job, **inputs)


def warnings(used: Used) -> list[str]:
    """What the log warns about."""
    return [line for line in used.log.splitlines() if line.startswith("perfreg: warning: ")]


def without_waiting(patch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    """Let the clients note their pauses instead of making them."""
    connect = GitHubApi.__init__

    def patient(seconds: float) -> Patience:
        backoff = Backoff(draw=lambda: 0.5, sleep=pauses.append)
        return Patience(deadline=time.monotonic() + seconds, backoff=backoff)

    def hurried(self: GitHubApi, access: Access, patience: Patience) -> None:
        connect(self, replace(access, pause_s=0.0), patience)

    patch.setattr(Patience, "of", staticmethod(patient))
    patch.setattr(GitHubApi, "__init__", hurried)
