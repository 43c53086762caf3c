"""Runs workflows by act, on this machine and without containers, and reads what came of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.substitutes import local_repositories

_TIME_LIMIT_S = 400
_RUNNERS = ("ubuntu-latest", "ubuntu-24.04")


def binary() -> str:
    """Where act is; without one the test is skipped, but never in continuous integration."""
    named = os.environ.get("PERFREG_ACT", "act")
    found = shutil.which(named)
    if found:
        return found
    reason = f"THE WORKFLOWS WERE NOT RUN: there is no {named}. `make e2e` builds it"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A workflow run that ended: its exit code, and what act noted line by line."""

    code: int
    records: list[dict[str, Any]] = field(repr=False)
    errors: str

    @property
    def log(self) -> str:
        """All that was printed, for the message of a failing test."""
        told = ((each.get("job", ""), str(each.get("msg", "")).rstrip()) for each in self.records)
        return "\n".join((*(f"{job}: {text}" for job, text in told if "LocalRepositoryCache" not in text), self.errors))

    @property
    def jobs(self) -> dict[str, str]:
        """How each job ended; of a matrix, act makes one leg that failed fail those that end later."""
        return {_job(each): each["jobResult"] for each in self.records if "jobResult" in each}

    def steps(self, job: str) -> dict[str, str]:
        """How the steps of a job ended, by their id or their place; those within an action are left out."""
        return {
            each["stepID"][0]: each["stepResult"]
            for each in self._of(job)
            if "stepResult" in each and each.get("stage") == "Main" and len(each["stepID"]) == 1
        }

    def outputs(self, job: str, step: str) -> dict[str, str]:
        """What a step put out."""
        return {
            each["name"]: each["arg"]
            for each in self._of(job)
            if each.get("command") == "set-output" and each["stepID"] == [step]
        }

    def summary(self, job: str) -> str:
        """The job's summary. act tells that of an action's last step twice."""
        return "".join(dict.fromkeys(each["content"] for each in self._of(job) if each.get("command") == "summary"))

    def printed(self, job: str, step: str) -> str:
        """What a step printed."""
        return "".join(each["msg"] for each in self._of(job) if each.get("raw_output") and each["stepID"][0] == step)

    def annotations(self, job: str) -> list[str]:
        """The errors and warnings that would be shown beside the job."""
        return [each["arg"] for each in self._of(job) if each.get("command") in ("error", "warning")]

    def _of(self, job: str) -> list[dict[str, Any]]:
        return [each for each in self.records if _job(each) == job]


def _job(record: Mapping[str, Any]) -> str:
    """The name of a job without that of its workflow."""
    return str(record.get("job", "")).rpartition("/")[2].strip()


@dataclass(frozen=True, kw_only=True)
class Act:
    """act with a copy of the Action and what its jobs inherit. ``cache`` lasts from run to run, as a runner's disk."""

    program: str
    action: Path
    cache: Path
    env: Mapping[str, str]

    def run(
        self, workflow: str, event: str, payload: Mapping[str, Any], *, directory: Path, token: str, **variables: str
    ) -> Finished:
        """Run a workflow for an event. ``directory`` is for act's own files; variables are the runner's."""
        file, told = directory / "workflows" / "performance.yml", directory / "event.json"
        file.parent.mkdir(parents=True)
        file.write_text(workflow, encoding="utf-8")
        told.write_text(json.dumps(payload), encoding="utf-8")
        command = [
            self.program, event, "--json", "--rm", "--no-skip-checkout", "--no-cache-server", "--actor=octocat",
            "--container-daemon-socket=-", f"--action-cache-path={self.cache}", f"--secret=GITHUB_TOKEN={token}",
            f"--directory={directory}", f"--workflows={file.parent}", f"--eventpath={told}",
            *(f"--platform={name}=-self-hosted" for name in _RUNNERS),
            *(f"--env={name}={value}" for name, value in variables.items()),
            *local_repositories(self.action, workflow),
        ]  # fmt: skip
        done = subprocess.run(
            command,
            cwd=directory,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=_TIME_LIMIT_S,
            check=False,
        )
        records = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        return Finished(code=done.returncode, records=records, errors=done.stderr)
