"""After another workflow: its results are fetched, read as a stranger's, and published for the pull request it had."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support import comparisons
from tests.support.action_job import Used, use
from tests.support.github import events
from tests.support.github.documents import HEAD
from tests.support.github.hub import CHECK_RUN, TOKEN, github
from tests.support.github.hub import GitHub as Hub
from tests.support.github.run_artifacts import Artifacts, artifacts

from perfreg.model.result import Gate, Result
from perfreg.publish.forges import registry
from perfreg.report.formats.json_ import render

Post = Callable[..., Used]

FINE = comparisons.only(comparisons.VERDICTS[2])
WORSE = comparisons.only(comparisons.VERDICTS[0], gate=Gate(status="fail", reasons=("p95 is worse",)))
API = "perfreg-perf-0-1-aaaaaa"
DATABASE = "perfreg-perf-1-1-bbbbbb"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(registry, "WRITE_PAUSE_S", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with github() as hub:
        hub.pull(43, source=events.FORK)
        yield hub


@pytest.fixture
def left(hub: Hub) -> Iterator[Artifacts]:
    """What the run that measured has left."""
    with artifacts(hub) as known:
        yield known


@pytest.fixture
def post(hub: Hub, left: Artifacts, tmp_path: Path) -> Post:
    """The Action in a workspace without anything, as a `workflow_run` job has it."""
    (tmp_path / "empty").mkdir()

    def run(conclusion: str = "success", *, attempt: int = 1, token: str = TOKEN, **inputs: str) -> Used:
        event = events.workflow_run(conclusion=conclusion)
        event["workflow_run"]["run_attempt"] = attempt
        job = events.environment(tmp_path, "workflow_run", event, GITHUB_API_URL=hub.url, PERFREG_JOB_TOKEN=token)
        return use(tmp_path / "empty", tmp_path / "temp", job, **inputs)

    return run


def left_by(left: Artifacts, name: str, result: Result | str, **facts: Any) -> None:
    text = result if isinstance(result, str) else render(result)
    left.upload(name, {"result.json": text, "report.html": "<script>evil()</script>"}, **facts)


@pytest.mark.parametrize("mode", ["", "auto", "report"])
def test_the_results_of_a_fork_are_posted_without_checkout_and_configuration(
    hub: Hub, left: Artifacts, post: Post, tmp_path: Path, mode: str
) -> None:
    left_by(left, API, WORSE)
    job = post("failure", mode=mode)
    assert job.code == 0, job.log
    assert [note.number for note in hub.notes] == [43]
    assert "search.response_time_p95" in hub.bodies()[0]
    assert (hub.check_runs[0]["head_sha"], hub.check_runs[0]["conclusion"]) == (HEAD, "failure")
    assert (job.outputs["status"], job.outputs["gate"], job.outputs["regressions"]) == ("ok", "fail", "1")
    assert (job.outputs["comment-id"], job.outputs["baseline-updated"]) == (str(hub.notes[0].id), "false")
    assert job.summary == Path(job.outputs["markdown-file"]).read_text("utf-8")
    assert any("search.response_time_p95" in each.message for each in job.annotations)
    assert TOKEN not in job.log
    assert {path.name for path in (tmp_path / "empty").iterdir()} == {"perf-results"}
    assert "evil" not in Path(job.outputs["report-file"]).read_text("utf-8")


def test_all_legs_make_one_comment_and_the_newest_attempt_counts(hub: Hub, left: Artifacts, post: Post) -> None:
    left_by(left, API, WORSE)
    left_by(left, "perfreg-perf-0-2-cccccc", FINE)
    left_by(left, DATABASE, FINE)
    job = post(attempt=2)
    assert (job.code, job.outputs["gate"], len(hub.bodies())) == (0, FINE.gate.status, 1)
    assert hub.check_runs[0]["conclusion"] == "success"
    assert post(attempt=1).outputs["gate"] == "fail"


def test_a_missing_leg_fails_the_gate(hub: Hub, left: Artifacts, post: Post) -> None:
    left_by(left, API, FINE)
    job = post("failure", legs='["api", "database"]')
    assert (job.outputs["gate"], job.outputs["status"]) == ("fail", "broken")
    assert "1 of 2 legs gave no result" in hub.bodies()[0]
    assert hub.check_runs[0]["conclusion"] == "failure"


def test_a_run_that_failed_is_well_in_no_place(hub: Hub, left: Artifacts, post: Post) -> None:
    left_by(left, API, FINE)
    job = post("failure")
    assert (job.code, job.outputs["gate"], job.outputs["status"]) == (0, "fail", "broken")
    assert hub.check_runs[0]["conclusion"] == "failure"
    assert "ended as failure, and no result says why" in hub.bodies()[0]


def test_what_an_artifact_says_of_its_pull_request_is_not_asked(hub: Hub, left: Artifacts, post: Post) -> None:
    hub.pull(42)
    source = replace(WORSE.run.source, pull_request="42", commit=HEAD, branch="main")
    left_by(left, API, replace(WORSE, run=replace(WORSE.run, source=source, trust="established")))
    job = post()
    assert [note.number for note in hub.notes] == [43]
    assert job.outputs["baseline-updated"] == "false"
    hub.threads[43].head = "ab" * 20
    hub.notes.clear()
    assert "no open pull request has 8c1f0e7b2d as its head" in post().log
    assert hub.notes == []


@pytest.mark.parametrize("text", ["", "{}", "[" * 100_000, '{"schema": "perfreg.result/2"}', "\x00"])
def test_a_hostile_result_is_told_and_never_green(hub: Hub, left: Artifacts, post: Post, text: str) -> None:
    left_by(left, API, text)
    job = post()
    assert (job.code, job.outputs["status"]) == (2, "error")
    assert hub.check_runs[0]["conclusion"] == "failure"
    assert "❌ **No verdict**" in hub.bodies()[0]
    assert [each.level for each in job.annotations] == ["error"]
    assert "Traceback" not in job.log


def test_a_hostile_leg_spoils_the_sound_ones(hub: Hub, left: Artifacts, post: Post) -> None:
    left_by(left, API, FINE)
    left_by(left, DATABASE, "{}")
    left.upload("perfreg-perf-2-1-cccccc", b"no archive")
    job = post()
    assert (job.code, job.outputs["gate"], job.outputs["status"]) == (2, "fail", "broken")
    assert hub.check_runs[0]["conclusion"] == "failure"
    assert "the result of perf-2 cannot be used" in job.summary
    assert "perfreg-perf-1-1-bbbbbb/result.json" in job.summary


@pytest.mark.parametrize("conclusion", ["success", "skipped"])
@pytest.mark.parametrize("expired", [True, False])
def test_a_run_that_has_left_nothing_is_a_warning_and_no_success(
    hub: Hub, left: Artifacts, post: Post, conclusion: str, expired: bool
) -> None:
    if expired:
        left_by(left, API, FINE, expired=True)
    job = post(conclusion)
    assert (job.code, job.outputs["status"], job.outputs.get("gate", "")) == (0, "error", "")
    (warning,) = job.annotations
    assert warning.level == "warning"
    assert ("has expired" if expired else "has left no result of perfreg") in warning.message
    assert warning.message in " ".join(job.summary.split())
    assert hub.notes == []
    assert (hub.check_runs[0]["conclusion"], hub.check_runs[0]["output"]["title"]) == ("neutral", warning.message)
    hub.forbid(CHECK_RUN)
    post(conclusion)
    assert [state["state"] for _, state in hub.statuses] == ["error"]


@pytest.mark.parametrize("conclusion", ["failure", "cancelled", "timed_out"])
def test_a_run_that_failed_without_a_result_is_no_verdict(
    hub: Hub, left: Artifacts, post: Post, conclusion: str
) -> None:
    job = post(conclusion)
    assert job.code == 0
    assert f"ended as {conclusion}, and it has left no result" in hub.bodies()[0]
    assert hub.check_runs[0]["conclusion"] == "failure"


def test_without_the_right_to_read_artifacts_nothing_is_green(hub: Hub, left: Artifacts, post: Post) -> None:
    left_by(left, API, FINE)
    left.status = 403
    job = post()
    assert job.code == 2
    assert "actions: read" in job.annotations[0].message
    assert hub.check_runs[0]["conclusion"] == "failure"


def test_what_cannot_be_posted_changes_nothing_else(hub: Hub, left: Artifacts, post: Post) -> None:
    left_by(left, API, WORSE)
    hub.forbid(CHECK_RUN, "POST /repos/{owner}/{repo}/statuses/{sha}")
    hub.forbid("GET /repos/{owner}/{repo}/pulls")
    job = post()
    assert (job.code, job.outputs["gate"], job.outputs["comment-id"]) == (0, "fail", "")
    assert job.log.count("warning") >= 2


def test_results_that_were_fetched_already_are_taken(hub: Hub, post: Post, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "result.json").write_text(render(WORSE), "utf-8")
    job = post(results=str(tmp_path / "mine"))
    assert (job.code, job.outputs["gate"]) == (0, "fail")
    assert [note.number for note in hub.notes] == [43]


def test_an_event_without_a_run_is_an_error(tmp_path: Path) -> None:
    env = events.environment(tmp_path, "workflow_run", {"workflow_run": {"id": "777"}})
    (tmp_path / "empty").mkdir()
    job = use(tmp_path / "empty", tmp_path / "temp", env)
    assert job.code == 2
    assert "names no workflow run" in job.annotations[0].message


def test_without_a_token_nothing_can_be_fetched_and_that_is_said(hub: Hub, post: Post) -> None:
    job = post(token="")
    assert (job.code, job.outputs["status"]) == (2, "error")
    assert "there is no token" in job.annotations[0].message
    assert hub.asked == []


def test_without_a_token_the_verdict_of_legs_stands(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "leg").mkdir()
    (tmp_path / "leg" / "result.json").write_text(render(WORSE), "utf-8")
    env = events.environment(tmp_path, "pull_request", events.pull_request(), GITHUB_API_URL=hub.url)
    job = use(tmp_path, tmp_path / "temp", env, mode="report", results=str(tmp_path / "leg"))
    assert (job.code, job.outputs["gate"], job.outputs["comment-id"]) == (1, "fail", "")
    assert "there is no token" in job.log
    assert job.summary
