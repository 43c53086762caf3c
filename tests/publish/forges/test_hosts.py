"""What holds at every code host but GitHub, which has tests of its own: one comment, whatever happens around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from tests.support import comparisons
from tests.support.fake_host import BASE, HEAD, NUMBER, TOKEN, FakeHost
from tests.support.hosts import HOSTS
from tests.support.payloads import HTML
from tests.support.rest_server import Reply
from tests.support.strategies import poisoned

from perfreg.errors import ForgeError
from perfreg.model.result import Gate, Result
from perfreg.publish.forges import gitlab_api, rest
from perfreg.publish.forges.forge import Forge
from perfreg.publish.forges.message import Message
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.publisher import Published, Wishes, publish
from perfreg.publish.forges.sticky import Mode, Note, Posted, outdate, post
from perfreg.report.formats.comment import Leg

WORSE = comparisons.only(comparisons.VERDICTS[0], gate=Gate(status="fail", reasons=("p95 is worse",)))
MENDED = comparisons.only(replace(comparisons.VERDICTS[0], status="improvement", severity=None))
AT_HAND = Occasion(event="change", repository="octo/shop", number=NUMBER, commit=HEAD)
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")


@pytest.fixture(params=sorted(HOSTS))
def host(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHost]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with HOSTS[request.param]() as host:
        yield host


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def forge(host: FakeHost, pauses: list[float]) -> Forge:
    return host.forge(pauses)


def send(forge: Forge, mode: Mode = "always", text: str = "news", **facts: Any) -> Posted:
    plain = {"key": "perf", "commit": HEAD, "alarm": True, "news": True, "text": lambda _: text}
    return post(forge, NUMBER, Note(**{**plain, **facts}), mode)


def tell(forge: Forge, result: Result = WORSE, **wishes: Any) -> Published:
    return publish(forge, AT_HAND, Message(legs=(Leg(name="", result=result),)), Wishes(**wishes))


def texts(host: FakeHost) -> list[str]:
    """Our comments without their markers."""
    return [body.partition("\n")[2].strip("\n") for body in host.bodies()]


def test_it_is_written_and_then_kept_up_to_date_in_place(host: FakeHost, forge: Forge) -> None:
    host.write("ann", "nice work")
    first = send(forge)
    assert (first.deed, first.warnings, texts(host)) == ("created", (), ["news"])
    second = send(forge, text="other news")
    assert (second.deed, second.warnings, texts(host)) == ("updated", (), ["other news"])
    assert first.comment is not None
    assert second.comment is not None
    assert first.comment.id == second.comment.id == host.notes[1].id


def test_it_is_found_on_the_last_of_many_pages(host: FakeHost, forge: Forge) -> None:
    host.page_size = 7
    for number in range(30):
        host.write("ann", f"talk {number}")
    send(forge)
    for number in range(30):
        host.write("ann", f"more talk {number}")
    assert send(forge, text="again").deed == "updated"
    assert texts(host) == ["again"]


def test_somebody_elses_comment_with_the_same_marker_is_left_alone(host: FakeHost, forge: Forge) -> None:
    send(forge)
    copy = host.notes[0].body
    host.notes.clear()
    theirs = host.write("mallory", copy)
    assert send(forge, text="mine").deed == "created"
    assert theirs.body == copy
    assert texts(host) == ["mine"]


def test_of_several_the_oldest_stays(host: FakeHost, forge: Forge) -> None:
    send(forge)
    copy = host.notes[0].body
    host.write(host.me, copy)
    host.write(host.me, copy)
    assert send(forge, text="one").warnings == ()
    assert texts(host) == ["one"]


def test_many_jobs_at_once_leave_one_comment(host: FakeHost) -> None:
    forges = [host.forge([]) for _ in range(4)]
    with ThreadPoolExecutor(len(forges)) as jobs:
        list(jobs.map(send, forges))
    assert texts(host) == ["news"]


def test_another_use_has_a_comment_of_its_own(host: FakeHost, forge: Forge) -> None:
    send(forge, text="api", key="api")
    send(forge, text="web", key="web --> <b>")
    send(forge, text="api again", key="api")
    assert texts(host) == ["api again", "web"]


def test_a_comment_that_vanishes_is_written_again(host: FakeHost, forge: Forge) -> None:
    send(forge)
    host.between.append(host.notes.clear)
    assert send(forge, text="again").deed == "created"
    assert texts(host) == ["again"]


def test_an_attempt_of_which_no_word_came_back_is_not_repeated(host: FakeHost, forge: Forge) -> None:
    send(host.forge([]))
    written = host.notes.pop()
    host.asked.clear()
    host.fail(host.operations.add_comment, Reply(status=502))
    # The comment is there when it is looked for after that, and was not before.
    host.between.append(lambda: host.notes.append(written))
    assert send(forge).deed == "created"
    assert host.asked.count(host.operations.add_comment) == 1
    assert texts(host) == ["news"]


@pytest.mark.parametrize("mode", ["on-regression"])
def test_it_is_folded_away_when_all_is_well_and_unfolded_when_not(host: FakeHost, forge: Forge, mode: Mode) -> None:
    send(forge, mode)
    assert send(forge, mode, text="well", alarm=False).warnings == ()
    for _ in range(2):
        assert "outdated or resolved" in host.bodies()[0].lower()
        assert "well" in texts(host)[0]
        send(forge, mode, text="still well", alarm=False)
    send(forge, mode, text="worse again")
    assert texts(host) == ["worse again"]


def test_it_is_folded_away_when_it_is_about_older_code(host: FakeHost, forge: Forge) -> None:
    send(forge, text="of an older commit", commit=BASE)
    assert outdate(forge, NUMBER, "perf", HEAD).deed == "outdated"
    assert "outdated or resolved" in host.bodies()[0].lower()
    assert "of an older commit" in host.bodies()[0]
    assert outdate(forge, NUMBER, "perf", HEAD).deed == "none"
    assert send(forge, text="new").deed == "updated"
    assert texts(host) == ["new"]


def test_the_text_has_the_room_that_the_host_gives(host: FakeHost, forge: Forge) -> None:
    assert send(forge, "on-regression", text="x").warnings == ()
    plain = {"key": "perf", "commit": HEAD, "alarm": False, "news": True}
    posted = post(forge, NUMBER, Note(**plain, text=lambda room: "x" * room), "on-regression")  # type: ignore[arg-type]
    assert posted.warnings == ()
    assert len(host.bodies()[0]) > 30_000


def test_everything_is_told(host: FakeHost, forge: Forge) -> None:
    done = tell(forge)
    assert done.warnings == []
    assert done.comment is not None
    assert done.comment.url.startswith("https://")
    ((commit, state, line),) = host.standings
    assert (commit, state.lower()) == (HEAD, "failed")
    assert line.startswith("1 regression in 1 metric: search.response_time_p95")
    body = host.bodies()[0]
    assert "❌ **Performance gate failed**" in body
    assert "`search.response_time_p95`" in body
    if "labels" not in forge.lacks:
        assert (host.labels, done.labels) == (["perf-regression"], ["perf-regression"])
        tell(host.forge([]), MENDED)
        assert host.labels == ["perf-improvement"]
    else:
        assert done.labels == []


def test_nobody_is_told_to_say_what_is_not_obeyed(host: FakeHost, forge: Forge) -> None:
    source = replace(WORSE.run.source, pull_request=str(NUMBER))
    tell(forge, replace(WORSE, run=replace(WORSE.run, source=source)))
    body = host.bodies()[0]
    assert "Perf-Accept: " in body
    assert ("/perfreg accept" in body) is ("decisions" not in forge.lacks)


def test_a_slow_job_does_not_overwrite_the_news_of_a_newer_one(host: FakeHost, forge: Forge) -> None:
    host.head = BASE
    done = tell(forge)
    assert host.notes == []
    assert any("has moved on to" in warning for warning in done.warnings)


@pytest.mark.parametrize("name", ["/close", "x\n/merge", "x\r/approve", *HTML])
def test_hostile_names_are_text(host: FakeHost, forge: Forge, name: str) -> None:
    assert tell(forge, poisoned(WORSE, name)).warnings == []
    for line in host.bodies()[0].splitlines():
        assert not line.lstrip().startswith("/")
        tags = {tag.lower() for tag in re.findall(r"<(\w+)", CODE.sub("", line))}
        assert tags <= {"details", "summary", "pre", "table", "tr", "td", "th"}


@pytest.mark.parametrize(
    ("fault", "waited"),
    [
        (Reply(status=429, headers={"Retry-After": "17"}), 17.0),
        (Reply(status=503, headers={"Retry-After": "5"}), 5.0),
        (Reply(status=500), 0.5),
        (Reply(status=504, body=b"<html>gateway</html>"), 0.5),
        (Reply(hang_up=True), 0.5),
        (Reply(body=b'{"value": []}', cut=4), 0.5),
    ],
)
def test_what_passes_is_waited_for(host: FakeHost, pauses: list[float], fault: Reply, waited: float) -> None:
    for operation in (host.operations.list_comments, host.operations.pull_request):
        host.fail(operation, fault)
    assert tell(host.forge(pauses, seconds=100)).warnings == []
    assert len(host.bodies()) == 1
    assert pauses[0] == waited


def test_a_limit_that_lasts_is_a_warning_and_nobody_waits(host: FakeHost, pauses: list[float]) -> None:
    host.fail(host.operations.add_comment, Reply(status=429, headers={"Retry-After": "3600"}))
    done = tell(host.forge(pauses))
    assert pauses == []
    assert "longer than publishing may take" in done.warnings[0]
    assert done.standing


def test_a_host_that_is_down_is_given_up_within_bounds(host: FakeHost, pauses: list[float]) -> None:
    host.api.faults.extend([Reply(status=503)] * 1000)
    done = tell(host.forge(pauses))
    assert len(done.warnings) == 2
    assert len(host.api.requests) < 20
    assert sum(pauses) < 60


def test_an_answer_that_does_not_come_is_not_waited_for_for_long(
    host: FakeHost, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gitlab_api, "TIMEOUT_S", 1)
    monkeypatch.setattr(rest, "TIMEOUT_S", 1.0)
    host.fail(host.operations.pull_request, Reply(body=b"x", headers={"Content-Length": "600"}, drip_s=2.5))
    assert tell(host.forge(pauses)).warnings == []


@pytest.mark.parametrize(
    "body", [b"", b"null", b"{}", b"[]", b"7", b"[null]", b'{"value": [7]}', b'{"values": [7]}', b"<html>", b"\xff\xfe"]
)
def test_an_answer_of_another_shape_never_crashes(host: FakeHost, forge: Forge, body: bytes) -> None:
    names = host.operations
    for operation in (names.list_comments, names.add_comment, names.pull_request, names.status):
        host.fail(operation, Reply(body=body))
        tell(forge)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422, 501])
def test_every_refusal_is_a_warning_and_is_not_repeated(host: FakeHost, pauses: list[float], status: int) -> None:
    host.forbid(host.operations.add_comment, host.operations.status, status=status)
    done = tell(host.forge(pauses))
    assert all(str(status) in warning for warning in done.warnings)
    assert (len(done.warnings), done.comment, done.standing, pauses) == (2, None, "", [])


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(host: FakeHost, forge: Forge, status: int) -> None:
    host.fail(host.operations.pull_request, Reply(status=status, headers={"Location": f"{host.api.url}/elsewhere"}))
    host.fail(host.operations.pull_request, Reply(status=status, headers={"Location": f"{host.api.url}/elsewhere"}))
    assert tell(forge).warnings
    assert all(request.path != "/elsewhere" for request in host.api.requests)
    assert host.bodies() == []


def test_what_a_host_says_cannot_speak_to_the_runner(host: FakeHost, forge: Forge) -> None:
    said = f"\n::error::owned {TOKEN} \x1b[31m ##vso[task.complete]"
    host.fail(host.operations.add_comment, host.refused(422, said))
    (warning,) = tell(forge).warnings
    assert "\n" not in warning
    assert "\x1b" not in warning
    assert "##vso[" not in warning
    assert TOKEN not in warning


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "a\r\nHost: evil", "tökén"])
def test_a_token_that_is_none_is_an_error(host: FakeHost, pauses: list[float], token: str) -> None:
    with pytest.raises(ForgeError, match="token") as caught:
        host.forge(pauses, token=token)
    assert not token or token not in str(caught.value)
    assert host.asked == []


def test_a_wrong_token_is_a_warning_that_says_what_to_do(host: FakeHost, pauses: list[float]) -> None:
    done = tell(host.forge(pauses, token="wrong"))
    assert len(done.warnings) == 2
    assert all(
        ("401" in warning and "needs the" in warning) or "needs the scope" in warning for warning in done.warnings
    )
    assert pauses == []
