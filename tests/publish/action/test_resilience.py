"""Whatever becomes of GitHub, the Action's verdict stays: it is written down, and it is never greener than it was."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from tests.support import comparisons
from tests.support.action_job import Used
from tests.support.command_line import write_config
from tests.support.github import events
from tests.support.github.hub import ADD_COMMENT, ADD_LABELS, CHECK_RUN, LIST_COMMENTS, OPEN_ISSUE, STATUS
from tests.support.rest_server import Reply, Request
from tests.support.runner import Runner, warnings

from perfreg.model.result import Gate
from perfreg.publish.forges import github_api

WORSE = comparisons.only(comparisons.VERDICTS[0], gate=Gate(status="fail", reasons=("p95 is worse",)))
FINE = comparisons.only(comparisons.VERDICTS[2])
LEG = "perfreg-perf-0-1-0a0a0a"
EVERYTHING = (LIST_COMMENTS, ADD_COMMENT, ADD_LABELS, CHECK_RUN, STATUS, OPEN_ISSUE)


def refused(status: int, message: str = "no", **headers: str) -> Reply:
    reply = Reply.json({"message": message, "documentation_url": "https://docs.github.com/rest"}, status)
    return replace(reply, headers={**reply.headers, **{key.replace("_", "-"): each for key, each in headers.items()}})


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row: what GitHub answers, for how many requests, and whether all is published in the end."""

    name: str
    reply: Reply
    times: int = 1000
    is_mended: bool = False

    def __str__(self) -> str:
        return self.name


SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
TABLE = (
    Case(name="401: the token has ended", reply=refused(401, "Bad credentials")),
    Case(name="403: the token may only read", reply=refused(403, "Resource not accessible by integration")),
    Case(name="404: the repository is not shown to it", reply=refused(404, "Not Found")),
    Case(name="410: gone", reply=refused(410, "This was removed")),
    Case(name="422: not as it wants it", reply=refused(422, "Validation Failed")),
    Case(name="429 with Retry-After, once", reply=refused(429, Retry_After="17"), times=1, is_mended=True),
    Case(name="429 without, once", reply=refused(429), times=1, is_mended=True),
    Case(name="429 with Retry-After of a day", reply=refused(429, Retry_After="86400")),
    Case(name="429 for ever", reply=refused(429, Retry_After="1")),
    Case(name="403: secondary rate limit, once", times=1, is_mended=True,
         reply=refused(403, SECONDARY, Retry_After="3")),
    Case(name="403: secondary rate limit for ever", reply=refused(403, SECONDARY, Retry_After="3")),
    Case(name="403: no requests left for an hour",
         reply=refused(403, "API rate limit exceeded", X_RateLimit_Remaining="0", X_RateLimit_Reset="99999999999")),
    *(Case(name=f"{status} twice", reply=refused(status), times=2, is_mended=True) for status in (500, 502, 503, 504)),
    Case(name="503 with Retry-After, once", reply=refused(503, Retry_After="5"), times=1, is_mended=True),
    Case(name="500 for ever", reply=refused(500)),
    Case(name="a gateway's page for ever", reply=Reply(status=502, body=b"<html><script>alert(1)</script></html>")),
    Case(name="the connection is closed, once", reply=Reply(hang_up=True), times=1, is_mended=True),
    Case(name="the connection is closed for ever", reply=Reply(hang_up=True)),
    Case(name="half an answer, once", reply=Reply(body=b'[{"id": 1}]', cut=4), times=1, is_mended=True),
    Case(name="half an answer for ever", reply=Reply(body=b'[{"id": 1}]', cut=4)),
    Case(name="no JSON at all", reply=Reply(body=b"<html>sign in</html>")),
    Case(name="JSON of another shape", reply=Reply(body=b"[null]")),
    Case(name="an address elsewhere", reply=Reply(status=302, headers={"Location": "http://evil.example/"})),
)  # fmt: skip


def whole(used: Used, status: str) -> None:
    """The verdict is in the exit code, the outputs, the summary and, if it is bad, among the annotations."""
    assert used.code == (1 if status == "fail" else 0), used.log
    assert (used.outputs["status"], used.outputs["gate"]) == ("ok", status)
    assert used.outputs["regressions"] == ("1" if status == "fail" else "0")
    assert "search" in used.summary
    assert used.outputs["artifact-files"]
    assert [each.message for each in used.annotations if each.level == "error"] == (
        ["p95 is worse"] if status == "fail" else []
    )
    assert "Traceback" not in used.log


@pytest.mark.parametrize("result", [WORSE, FINE], ids=["worse", "fine"])
@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_verdict_outlives_whatever_github_says(runner: Runner, case: Case, result: object) -> None:
    status = "fail" if result is WORSE else "pass"
    runner.leave(LEG, WORSE if result is WORSE else FINE)
    runner.hub.api.faults.extend([case.reply] * case.times)
    used = runner.gather(legs=1)
    whole(used, status)
    shown = [run["conclusion"] for run in runner.hub.check_runs] + [state["state"] for _, state in runner.hub.statuses]
    if case.is_mended:
        assert (warnings(used), len(runner.hub.bodies()), len(shown)) == ([], 1, 1)
        assert runner.pauses
    else:
        assert warnings(used)
        assert (runner.hub.bodies(), used.outputs["comment-id"], used.outputs["comment-url"]) == ([], "", "")
        assert len(runner.hub.api.requests) < 40
    assert status == "pass" or "success" not in shown
    assert sum(runner.pauses) <= 120


@pytest.mark.parametrize("event", ["pull_request", "push"])
@pytest.mark.parametrize("status", [403, 404, 422])
@pytest.mark.parametrize("operation", EVERYTHING)
def test_one_thing_that_is_refused_does_not_keep_back_the_others(
    runner: Runner, operation: str, status: int, event: str
) -> None:
    runner.leave(LEG, WORSE)
    runner.hub.forbid(operation, status=status)
    whole(runner.gather(events.push() if event == "push" else None, name=event, legs=1), "fail")
    assert runner.hub.check_runs or runner.hub.statuses
    if event == "push":
        assert bool([each for each in runner.hub.threads.values() if not each.is_pull]) is (operation != OPEN_ISSUE)
    else:
        assert bool(runner.hub.bodies()) is (operation not in (ADD_COMMENT, LIST_COMMENTS))
        assert bool(runner.hub.threads[42].labels) is (operation != ADD_LABELS)


def test_answers_that_never_come(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github_api, "_TIMEOUT_S", 1)
    runner.leave(LEG, WORSE)
    silence = Reply(body=b"[]", drip_s=1.5)
    runner.hub.api.faults.extend([silence] * 2)
    used = runner.gather(legs=1)
    whole(used, "fail")
    assert warnings(used) == []
    assert len(runner.hub.bodies()) == 1


def test_a_host_that_is_not_there(runner: Runner) -> None:
    runner.leave(LEG, WORSE)
    used = runner.gather(legs=1, GITHUB_API_URL="http://127.0.0.1:9")
    whole(used, "fail")
    assert warnings(used)


@pytest.mark.parametrize("token", ["", "a b", "a\nb"])
def test_a_token_that_is_none(runner: Runner, token: str) -> None:
    runner.leave(LEG, WORSE)
    used = runner.gather(legs=1, PERFREG_TOKEN=token, PERFREG_JOB_TOKEN=token)
    whole(used, "fail")
    assert "token" in warnings(used)[0]
    assert runner.hub.asked == []


def test_a_comment_of_which_nobody_knows_whether_it_arrived_is_there_once(runner: Runner) -> None:
    """It did, and the answer was lost on the way."""
    runner.leave(LEG, WORSE)
    route = runner.hub.api.route
    lost: list[Reply] = []

    def losing(request: Request) -> Reply:
        reply: Reply = route(request)
        if lost or (request.method, request.path.rpartition("/")[2]) != ("POST", "comments"):
            return reply
        lost.append(reply)
        return Reply(status=502)

    runner.hub.api.route = losing
    used = runner.gather(legs=1)
    whole(used, "fail")
    assert (len(lost), len(runner.hub.bodies())) == (1, 1)
    assert used.outputs["comment-id"] == str(runner.hub.notes[0].id)


def test_a_leg_whose_artifact_has_expired_is_never_green(runner: Runner) -> None:
    """Of a matrix of two, one artifact was there to be fetched."""
    runner.leave(LEG, FINE)
    used = runner.gather(legs=2)
    assert (used.code, used.outputs["gate"]) == (2, "fail")
    assert runner.hub.check_runs[0]["conclusion"] == "failure"


def test_no_artifact_at_all_is_never_green(runner: Runner) -> None:
    used = runner.gather(legs=1)
    assert (used.code, used.outputs["status"]) == (2, "error")
    assert [run for run in runner.hub.check_runs if run["conclusion"] == "success"] == []
    assert "could not measure" in used.summary


@pytest.mark.parametrize(
    "reply", [Reply(status=503), refused(403), refused(429, Retry_After="86400"), Reply(hang_up=True)]
)
def test_what_was_measured_outlives_it_as_well(runner: Runner, reply: Reply) -> None:
    """Here GitHub is also asked beforehand: what was accepted. Nothing is, if nobody knows."""
    write_config(runner.work, {"name": "nothing", "type": "command", "run": "true", "test_iterations": 2})
    runner.hub.api.faults.extend([reply] * 1000)
    used = runner.use(events.push(), name="push", mode="run")
    assert (used.code, used.outputs["status"], used.outputs["gate"]) == (0, "ok", "warn"), used.log
    assert "nothing was accepted" in warnings(used)[0]
    assert len(warnings(used)) >= 2
    assert (runner.work / "perf-results" / "result.json").exists()
