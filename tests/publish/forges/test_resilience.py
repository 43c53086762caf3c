"""A code host on a bad day: what passes is waited for within bounds, what does not is a warning."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from tests.support import comparisons
from tests.support.github.client import client
from tests.support.github.documents import HEAD, REPOSITORY
from tests.support.github.hub import ADD_COMMENT, ADD_LABELS, CHECK_RUN, LIST_COMMENTS, OPEN_ISSUE, STATUS, TOKEN
from tests.support.github.hub import GitHub as Hub
from tests.support.rest_server import Reply

from perfreg.errors import ForgeError
from perfreg.publish.forges import github_api
from perfreg.publish.forges.github import GitHub
from perfreg.publish.forges.message import Message
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.publisher import Published, Wishes, publish
from perfreg.report.formats.comment import Leg

WORSE = comparisons.only(comparisons.VERDICTS[0])
PULL_REQUEST = Occasion(event="pull_request", repository=REPOSITORY, number=42, commit=HEAD)
MAIN = Occasion(event="push", repository=REPOSITORY, commit=HEAD, branch="main", is_main=True)
GET_PULL = "GET /repos/{owner}/{repo}/pulls/{pull_number}"


def tell(forge: GitHub, occasion: Occasion = PULL_REQUEST) -> Published:
    return publish(forge, occasion, Message(legs=(Leg(name="", result=WORSE),)), Wishes(comment="always"))


def refused(status: int, message: str = "no", **headers: str) -> Reply:
    reply = Reply.json({"message": message, "documentation_url": "https://docs.github.com/rest"}, status)
    return replace(
        reply, headers={**reply.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    )


@pytest.mark.parametrize(
    ("fault", "waited"),
    [
        (refused(429, Retry_After="17"), 17.0),
        (refused(403, "You have exceeded a secondary rate limit", Retry_After="3"), 3.0),
        (refused(403, "You have exceeded a secondary rate limit. Please wait."), 60.0),
        (refused(503, Retry_After="5"), 5.0),
        (refused(429), 0.0),
        (refused(500), 0.5),
        (refused(502), 0.5),
        (Reply(status=504, body=b"<html>gateway</html>"), 0.5),
        (Reply(hang_up=True), 0.5),
        (Reply(body=b'[{"id": 1}]', cut=4), 0.5),
    ],
)
@pytest.mark.parametrize("operation", [LIST_COMMENTS, GET_PULL, "graphql"])
def test_what_passes_is_waited_for(hub: Hub, pauses: list[float], operation: str, fault: Reply, waited: float) -> None:
    hub.fail(operation, fault)
    done = tell(client(hub, pauses, seconds=100))
    assert done.warnings == []
    assert len(hub.bodies()) == 1
    assert pauses[0] == waited


def test_a_rate_limit_that_ends_is_waited_for(hub: Hub, pauses: list[float]) -> None:
    reset = str(int(time.time()) + 30)
    hub.fail(LIST_COMMENTS, refused(403, "API rate limit exceeded", X_RateLimit_Remaining="0", X_RateLimit_Reset=reset))
    assert tell(client(hub, pauses, seconds=100)).warnings == []
    assert 20 < pauses[0] <= 30


@pytest.mark.parametrize("after", ["3600", "999999999999", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_a_rate_limit_that_lasts_is_a_warning_and_nobody_waits(hub: Hub, pauses: list[float], after: str) -> None:
    hub.fail(ADD_COMMENT, refused(429, Retry_After=after))
    done = tell(client(hub, pauses))
    assert pauses == []
    assert "429" in done.warnings[0]
    assert "longer than publishing may take" in done.warnings[0]
    assert done.standing == "a check run"
    assert done.labels == ["perf-regression"]


def test_a_host_that_is_down_is_given_up_within_bounds(hub: Hub, pauses: list[float]) -> None:
    hub.api.faults.extend([Reply(status=503)] * 1000)
    done = tell(client(hub, pauses))
    assert len(done.warnings) == 2
    assert len(hub.api.requests) < 20
    assert sum(pauses) < 60


def test_a_deadline_that_has_passed_ends_all_waiting(hub: Hub, pauses: list[float]) -> None:
    hub.api.faults.extend([Reply(status=500)] * 1000)
    done = tell(client(hub, pauses, seconds=0))
    assert (pauses, len(done.warnings), len(hub.api.requests)) == ([], 2, 2)


def test_an_answer_that_does_not_come_is_not_waited_for_for_long(
    hub: Hub, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github_api, "_TIMEOUT_S", 1)
    hub.fail(CHECK_RUN, Reply(body=b"x" * 60, drip_s=0.2, headers={"Content-Length": "600"}, cut=1))
    assert tell(client(hub, pauses)).warnings == []


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"{}", b"[]", b"7", b'"text"', b"[null]", b'[{"id": "x"}]', b"<html>", b"{", b"[[[[", b"\xff\xfe"],
)
@pytest.mark.parametrize("operation", [LIST_COMMENTS, ADD_COMMENT, GET_PULL, CHECK_RUN, "graphql"])
def test_an_answer_of_another_shape_never_crashes(hub: Hub, forge: GitHub, operation: str, body: bytes) -> None:
    hub.fail(operation, Reply(body=body))
    done = tell(forge)
    assert all("Traceback" not in warning for warning in done.warnings)
    # What does not depend on that answer has been done.
    assert hub.check_runs or hub.statuses or operation == CHECK_RUN


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 418, 422, 451, 501])
def test_every_refusal_is_a_warning_and_is_not_repeated(hub: Hub, pauses: list[float], status: int) -> None:
    hub.forbid(ADD_COMMENT, ADD_LABELS, status=status)
    hub.forbid(CHECK_RUN, STATUS, OPEN_ISSUE, status=status)
    for occasion in (PULL_REQUEST, MAIN):
        done = tell(client(hub, pauses), occasion)
        assert str(status) in done.warnings[0]
        assert (done.comment, done.standing, done.issue) == (None, "", "")
    assert pauses == []


def test_a_next_page_elsewhere_is_not_followed_with_the_token(hub: Hub, forge: GitHub) -> None:
    hub.fail(LIST_COMMENTS, Reply.json([], link='<https://evil.example/comments?page=2>; rel="next"'))
    assert "something else" in tell(forge).warnings[0]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_elsewhere(hub: Hub, forge: GitHub, status: int) -> None:
    hub.fail(GET_PULL, Reply(status=status, headers={"Location": "http://evil.example/x"}))
    done = tell(forge)
    assert len(done.warnings) == 1
    assert hub.bodies() == []


def test_the_message_of_a_host_cannot_speak_to_the_runner(hub: Hub, forge: GitHub) -> None:
    hub.fail(ADD_COMMENT, refused(422, f"\n::error::owned {TOKEN} \x1b[31m ##vso[task.complete]"))
    (warning,) = tell(forge).warnings
    assert "\n" not in warning
    assert "\x1b" not in warning
    assert "##vso[" not in warning
    assert TOKEN not in warning


def test_github_enterprise_and_its_prefix(hub: Hub, pauses: list[float]) -> None:
    hub.prefix = "/api/v3"
    assert tell(client(hub, pauses)).warnings == []
    assert hub.api.requests[0].path == "/api/v3/repos/octo/shop/check-runs"
    assert "/api/graphql" in {request.path for request in hub.api.requests}


def test_a_host_with_github_s_shapes_and_less_of_them(hub: Hub, pauses: list[float]) -> None:
    hub.prefix, hub.has_graphql, hub.me, hub.page_size = "/api/v1", False, "perf-bot", 2
    hub.forbid(CHECK_RUN, status=404)
    for number in range(5):
        hub.write(42, "ann", f"talk {number}")
    for _ in range(2):
        done = tell(client(hub, pauses))
        assert (done.warnings, done.standing) == ([], "a commit status")
    assert len(hub.bodies("perf-bot")) == 1


def test_a_token_that_may_comment_and_not_read_comments(hub: Hub, forge: GitHub) -> None:
    hub.forbid(GET_PULL)
    assert tell(forge).deed == "created"


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "a\r\nHost: evil", "tökén"])
def test_a_token_that_is_none_is_an_error(hub: Hub, pauses: list[float], token: str) -> None:
    with pytest.raises(ForgeError, match="token") as caught:
        client(hub, pauses, token=token)
    assert not token or token not in str(caught.value)
    assert hub.asked == []
