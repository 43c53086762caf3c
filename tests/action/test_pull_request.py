"""A pull request as GitHub hands it to the Action: a shallow checkout of its merge, an event, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.action.conftest import CONFIGURATION, ROOT, SERVER
from tests.support.composite import Composite
from tests.support.git_repository import git


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A repository whose main branch went on after a pull request was opened that makes the service slow."""
    folder = tmp_path / "origin"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "server.py").write_text(SERVER)
    (folder / "perfreg.yml").write_text(CONFIGURATION)
    (folder / "delay").write_text("0.004")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "begin")
    git(folder, "switch", "--quiet", "-c", "slow")
    (folder / "delay").write_text("0.02")
    git(folder, "commit", "--quiet", "-am", "slow it down")
    git(folder, "switch", "--quiet", "main")
    (folder / "other").write_text("x")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "go on")
    git(folder, "switch", "--quiet", "--detach")
    git(folder, "merge", "--quiet", "--no-ff", "-m", "merge", "slow")
    git(folder, "update-ref", "refs/pull/1/merge", "HEAD")
    git(folder, "switch", "--quiet", "main")
    return folder


def test_a_pull_request_is_compared_with_what_it_would_change(
    origin: Path, runner_temp: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    checkout, temp = tmp_path / "checkout", tmp_path / "temp"
    for folder in (checkout, temp):
        folder.mkdir()
    for installed in runner_temp.glob("perfreg-*"):
        (temp / installed.name).symlink_to(installed)
    git(checkout, "init", "--quiet")
    git(checkout, "remote", "add", "origin", origin.as_uri())
    git(checkout, "fetch", "--quiet", "--depth=1", "origin", "refs/pull/1/merge")
    git(checkout, "checkout", "--quiet", "FETCH_HEAD")
    old, now = git(origin, "rev-parse", "main~1"), git(origin, "rev-parse", "main")
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"base": {"sha": old}}, "repository": {"default_branch": "main"}}))
    env = {**environment, "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event),
           "GITHUB_SHA": git(checkout, "rev-parse", "HEAD")}  # fmt: skip
    job = Composite(ROOT / "action.yml", temp=temp, workspace=checkout, env=env).run(budget="40s")
    assert job.code == 1, job.log
    result = json.loads(Path(job.outputs["result-file"]).read_text("utf-8"))
    assert result["comparison"]["base"]["commit"] == now
    assert (job.outputs["gate"], job.outputs["baseline-updated"]) == ("fail", "false")
    assert int(job.outputs["regressions"]) >= 1
    changed = {each["metric"]: each["status"] for each in json.loads(job.outputs["result"])["changed"]}
    assert changed["front.response_time_p50"] == "regression"
