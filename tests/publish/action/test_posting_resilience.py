"""The second of two workflows on a bad day: results that cannot be had are told, and never taken for good ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from tests.publish.action.test_resilience import FINE, SECONDARY, WORSE, refused
from tests.support.action_job import Used
from tests.support.github import events
from tests.support.github.run_artifacts import Artifacts, artifacts
from tests.support.rest_server import Reply
from tests.support.runner import Runner, warnings

from perfreg.model.result import Result
from perfreg.publish import foreign_results
from perfreg.publish.stores.backoff import Backoff
from perfreg.report.formats import json_

API = "perfreg-perf-0-1-aaaaaa"
DATABASE = "perfreg-perf-1-1-bbbbbb"
PASSING = {
    "500": refused(500),
    "502 without a word": Reply(status=502),
    "429 with Retry-After": refused(429, Retry_After="7"),
    "403: secondary rate limit": refused(403, SECONDARY, Retry_After="7"),
    "the connection is closed": Reply(hang_up=True),
    "half an answer": Reply(body=b'{"artifacts": []}', cut=5),
}
LASTING = {
    "403": refused(403, "Resource not accessible by integration"),
    "404": refused(404, "Not Found"),
    "429 for a day": refused(429, Retry_After="86400"),
    "no JSON": Reply(body=b"<html>sign in</html>"),
    "another shape": Reply.json({"artifacts": {"id": 1}}),
    **{f"{name} for ever": reply for name, reply in PASSING.items()},
}


@pytest.fixture
def left(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> Iterator[Artifacts]:
    """What the run of a fork has left; pauses take no time."""
    backoff = Backoff(draw=lambda: 0.5, sleep=runner.pauses.append)
    monkeypatch.setattr(foreign_results, "ForeignRun", partial(foreign_results.ForeignRun, backoff=backoff))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    runner.hub.pull(43, source=events.FORK)
    with artifacts(runner.hub) as known:
        yield known


def upload(left: Artifacts, name: str, result: Result, **facts: bool | int) -> None:
    left.upload(name, {"result.json": json_.render(result)}, **facts)


def post(runner: Runner, conclusion: str = "success", **inputs: str) -> Used:
    return runner.use(events.workflow_run(conclusion=conclusion), name="workflow_run", **inputs)


def conclusions(runner: Runner) -> list[str]:
    return [str(run["conclusion"]) for run in runner.hub.check_runs]


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_waited_for(runner: Runner, left: Artifacts, name: str) -> None:
    upload(left, API, WORSE)
    runner.hub.api.faults.extend([PASSING[name]] * 2)
    used = post(runner, "failure")
    assert (used.code, used.outputs["gate"], warnings(used)) == (0, "fail", []), used.log
    assert len(runner.pauses) >= 2
    assert conclusions(runner) == ["failure"]
    assert len(runner.hub.bodies()) == 1


@pytest.mark.parametrize("name", LASTING)
def test_a_list_that_cannot_be_had_is_an_error_and_no_success(runner: Runner, left: Artifacts, name: str) -> None:
    upload(left, API, FINE)
    runner.hub.api.faults.extend([LASTING[name]] * 1000)
    used = post(runner)
    assert (used.code, used.outputs["status"]) == (2, "error"), used.log
    assert "Traceback" not in used.log
    assert [each.level for each in used.annotations] == ["error"]
    assert "success" not in conclusions(runner)
    assert used.summary.startswith("### perfreg could not measure")


@pytest.mark.parametrize("gone", [{"expired": True}, {"gone": 404}, {"gone": 410}], ids=str)
def test_a_leg_that_has_expired_spoils_the_sound_ones(
    runner: Runner, left: Artifacts, gone: dict[str, bool | int]
) -> None:
    upload(left, API, FINE)
    upload(left, DATABASE, FINE, **gone)
    used = post(runner)
    assert used.outputs["gate"] == "fail", used.log
    assert conclusions(runner) == ["failure"]
    assert "the result of perf-1 has expired" in runner.hub.bodies()[0]


@pytest.mark.parametrize("conclusion", ["success", "failure", "cancelled", "timed_out"])
def test_where_all_have_expired_nothing_is_green(runner: Runner, left: Artifacts, conclusion: str) -> None:
    upload(left, API, FINE, expired=True)
    used = post(runner, conclusion)
    assert used.outputs["status"] == "error"
    assert "has expired" in used.summary
    assert used.annotations
    # One that may have measured nothing is no failure either.
    assert set(conclusions(runner)) <= {"neutral" if conclusion == "success" else "failure"}
