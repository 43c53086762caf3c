"""One comment, whatever happens around it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.support.github.client import client
from tests.support.github.documents import BASE, HEAD, ME
from tests.support.github.documents import Note as Stored
from tests.support.github.hub import ADD_COMMENT, DELETE_COMMENT, EDIT_COMMENT
from tests.support.github.hub import GitHub as Hub
from tests.support.rest_server import Reply

from perfreg.errors import ForgeError
from perfreg.publish.forges.forge import Comment
from perfreg.publish.forges.github import GitHub
from perfreg.publish.forges.marker import Marker
from perfreg.publish.forges.sticky import MODES, Mode, Note, Posted, outdate, post

MARKER = str(Marker(kind="comment", key="perf", commit=BASE, alarm=True))


def note(text: str = "news", **facts: Any) -> Note:
    return Note(**{"key": "perf", "commit": HEAD, "alarm": True, "news": True, "text": lambda _: text, **facts})


def send(forge: GitHub, mode: Mode = "always", text: str = "news", **facts: Any) -> Posted:
    return post(forge, 42, note(text, **facts), mode)


def test_it_is_written_when_there_is_none(hub: Hub, forge: GitHub) -> None:
    hub.write(42, "ann", "nice work")
    posted = send(forge)
    assert posted.deed == "created"
    assert posted.warnings == ()
    assert posted.comment is not None
    assert hub.bodies() == [posted.comment.body]
    assert posted.comment.url == f"https://github.example/octo/shop/pull/42#issuecomment-{posted.comment.id}"
    assert posted.comment.body == f"<!-- perfreg:comment key=perf commit={HEAD} alarm=1 hidden=0 metrics= -->\nnews"


def test_it_is_updated_in_place(hub: Hub, forge: GitHub) -> None:
    first = send(forge).comment
    posted = send(forge, text="other news")
    assert posted.deed == "updated"
    assert posted.comment is not None
    assert first is not None
    assert posted.comment.id == first.id
    assert [body.partition("\n")[2] for body in hub.bodies()] == ["other news"]


def test_it_is_found_on_the_last_of_many_pages(hub: Hub, forge: GitHub) -> None:
    hub.page_size = 7
    for number in range(30):
        hub.write(42, "ann", f"talk {number}")
    hub.write(42, ME, f"{MARKER}old")
    assert send(forge).deed == "updated"
    assert len(hub.bodies()) == 1


def test_somebody_elses_comment_with_the_same_marker_is_left_alone(hub: Hub, forge: GitHub) -> None:
    theirs = hub.write(42, "mallory", f"{MARKER}believe me")
    ghost = hub.write(42, "", f"{MARKER}I was deleted")
    person = hub.write(42, "github-actions", f"{MARKER}I am no bot")
    assert send(forge).deed == "created"
    assert (theirs.body, ghost.body, person.body) == (
        f"{MARKER}believe me", f"{MARKER}I was deleted", f"{MARKER}I am no bot",
    )  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        f"> quoted\n{MARKER}",
        f" {MARKER}",
        f"`{MARKER}`",
        MARKER.replace("key=perf", "key=perf2"),
        MARKER.replace("perfreg:comment", "perfreg:issue"),
        MARKER.replace("alarm=1", "alarm=2"),
        "<!-- perfreg:comment key=perf -->\n",
    ],
)
def test_a_comment_that_only_mentions_the_marker_is_another_one(hub: Hub, forge: GitHub, body: str) -> None:
    hub.write(42, ME, body)
    assert send(forge).deed == "created"
    assert hub.bodies()[0] == body


def test_two_uses_in_one_repository_do_not_share_a_comment(hub: Hub, forge: GitHub) -> None:
    send(forge, text="api", key="api")
    send(forge, text="web", key="web --> <b>")
    send(forge, text="api again", key="api")
    assert [body.partition("\n")[2] for body in hub.bodies()] == ["api again", "web"]
    assert "-->" not in hub.bodies()[1].partition("\n")[0].removesuffix("-->")


def test_an_edit_in_the_browser_does_not_hide_it(hub: Hub, forge: GitHub) -> None:
    hub.write(42, ME, f"{MARKER}old\nand more".replace("\n", "\r\n"))
    assert send(forge).deed == "updated"


def test_duplicates_are_removed_and_the_oldest_stays(hub: Hub, forge: GitHub) -> None:
    first = hub.write(42, ME, f"{MARKER}one")
    hub.write(42, ME, f"{MARKER}two")
    hub.write(42, ME, f"{MARKER}three")
    posted = send(forge)
    assert posted.comment is not None
    assert posted.comment.id == first.id
    assert len(hub.bodies()) == 1


def test_a_duplicate_that_cannot_be_removed_is_folded_away(hub: Hub, forge: GitHub) -> None:
    hub.write(42, ME, f"{MARKER}one")
    second = hub.write(42, ME, f"{MARKER}two")
    hub.forbid(DELETE_COMMENT)
    posted = send(forge)
    assert posted.deed == "updated"
    assert second.minimized == "DUPLICATE"
    assert "403" in posted.warnings[0]


def test_the_loser_of_a_race_writes_into_the_oldest_comment_and_removes_its_own(hub: Hub, forge: GitHub) -> None:
    hub.between.append(lambda: _write(hub))
    posted = send(forge, text="mine")
    assert [body.partition("\n")[2] for body in hub.bodies()] == ["mine"]
    assert posted.deed == "created"


def _write(hub: Hub) -> None:
    hub.write(42, ME, f"{MARKER}theirs, a moment earlier")


def test_two_jobs_at_once_leave_one_comment(hub: Hub, forge: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    other, look = client(hub, []), forge.comments

    def looked(number: int) -> list[Comment]:
        found = look(number)
        monkeypatch.undo()
        post(other, number, note("theirs"), "always")
        return found

    monkeypatch.setattr(forge, "comments", looked)
    send(forge, text="mine")
    assert [body.partition("\n")[2] for body in hub.bodies()] == ["mine"]


def test_many_jobs_at_once_leave_one_comment(hub: Hub) -> None:
    forges = [client(hub, []) for _ in range(6)]
    with ThreadPoolExecutor(len(forges)) as jobs:
        posted = list(jobs.map(lambda forge: post(forge, 42, note("news"), "always"), forges))
    assert [body.partition("\n")[2] for body in hub.bodies()] == ["news"]
    assert {each.comment.id for each in posted if each.comment} == {hub.notes[0].id}


def test_a_comment_that_vanishes_is_written_again(hub: Hub, forge: GitHub) -> None:
    old = hub.write(42, ME, f"{MARKER}old")
    hub.between.append(lambda: hub.notes.remove(old))
    assert send(forge).deed == "created"
    assert len(hub.bodies()) == 1


def test_an_attempt_that_arrived_without_an_answer_is_not_repeated(hub: Hub, forge: GitHub) -> None:
    body = f"{Marker(kind='comment', key='perf', commit=HEAD, alarm=True)}news"
    hub.fail(ADD_COMMENT, Reply(status=502))
    # The comment is there when it is looked for after that, and was not before.
    hub.between.append(lambda: hub.notes.append(Stored(id=1, number=42, author=ME, body=body)))
    assert send(forge).deed == "created"
    assert hub.asked.count(ADD_COMMENT) == 1
    assert len(hub.bodies()) == 1


def test_an_attempt_that_did_not_arrive_is_repeated(hub: Hub, forge: GitHub) -> None:
    hub.fail(ADD_COMMENT, Reply(status=502))
    assert send(forge).deed == "created"
    assert hub.asked.count(ADD_COMMENT) == 2
    assert len(hub.bodies()) == 1


@pytest.mark.parametrize(
    ("mode", "alarm", "news", "written"),
    [
        ("always", False, False, True),
        ("always", True, True, True),
        ("on-change", False, False, False),
        ("on-change", False, True, True),
        ("on-change", True, True, True),
        ("on-regression", False, True, False),
        ("on-regression", True, True, True),
        ("never", True, True, False),
    ],
)
def test_modes(hub: Hub, forge: GitHub, mode: Mode, alarm: bool, news: bool, written: bool) -> None:
    send(forge, mode, alarm=alarm, news=news)
    assert bool(hub.bodies()) is written


def test_never_asks_nothing(hub: Hub, forge: GitHub) -> None:
    send(forge, "never")
    assert hub.asked == []


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "never"])
def test_it_is_cleared_when_the_regression_is_gone(hub: Hub, forge: GitHub, mode: Mode) -> None:
    send(forge, mode)
    posted = send(forge, mode, text="all is well", alarm=False, news=False)
    assert posted.deed == "cleared"
    assert hub.bodies()[0].endswith("all is well")
    assert hub.notes[0].minimized == ("RESOLVED" if mode == "on-regression" else "")


def test_a_folded_comment_is_unfolded_when_the_regression_returns(hub: Hub, forge: GitHub) -> None:
    send(forge, "on-regression")
    send(forge, "on-regression", alarm=False)
    send(forge, "on-regression", alarm=False, text="still well")
    assert hub.notes[0].minimized == "RESOLVED"
    send(forge, "on-regression", text="worse again")
    assert hub.notes[0].minimized == ""
    assert hub.bodies()[0].endswith("worse again")


def test_it_is_folded_away_when_it_is_about_older_code(hub: Hub, forge: GitHub) -> None:
    send(forge, text="of an older commit", commit=BASE)
    posted = outdate(forge, 42, "perf", HEAD)
    assert posted.deed == "outdated"
    assert hub.notes[0].minimized == "OUTDATED"
    assert hub.bodies()[0].endswith("of an older commit")
    assert outdate(forge, 42, "perf", HEAD).deed == "none"
    send(forge, text="new")
    assert hub.notes[0].minimized == ""


def test_nothing_is_folded_away_when_it_is_about_this_code(hub: Hub, forge: GitHub) -> None:
    assert outdate(forge, 42, "perf", HEAD).deed == "none"
    send(forge)
    assert outdate(forge, 42, "perf", HEAD).deed == "none"
    assert hub.notes[0].minimized == ""


def test_without_graphql_it_is_posted_all_the_same(hub: Hub, forge: GitHub) -> None:
    hub.has_graphql = False
    hub.write(42, ME, f"{MARKER}old")
    posted = send(forge, "on-regression", alarm=False, text="well")
    assert posted.deed == "cleared"
    assert hub.bodies()[0].endswith("well")
    assert "stays unfolded" in posted.warnings[0]


def test_a_person_s_token_finds_the_person_s_comment(hub: Hub, forge: GitHub) -> None:
    hub.me, hub.has_graphql = "ann", False
    hub.write(42, ME, f"{MARKER}of the bot")
    hub.write(42, "ann", f"{MARKER}mine")
    assert send(forge).deed == "updated"
    assert hub.bodies("ann")[0].endswith("news")
    assert hub.bodies(ME)[0].endswith("of the bot")


def test_the_text_is_told_how_much_room_it_has(hub: Hub, forge: GitHub) -> None:
    asked: list[int] = []

    def text(room: int) -> str:
        asked.append(room)
        return "é" * (room // 2)

    post(forge, 42, Note(key="perf", commit=HEAD, alarm=True, news=True, text=text), "always")
    assert 64_000 < asked[0] < 65_000
    assert len(hub.bodies()[0].encode()) <= 65_000


def test_a_refusal_says_what_to_do(hub: Hub, forge: GitHub) -> None:
    hub.forbid(ADD_COMMENT)
    with pytest.raises(ForgeError, match=r"403 \(Resource not accessible by integration\).*permissions") as caught:
        send(forge)
    assert caught.value.status == 403
    assert hub.asked.count(ADD_COMMENT) == 1


def test_a_comment_that_may_not_be_edited_is_an_error_and_no_second_comment(hub: Hub, forge: GitHub) -> None:
    hub.write(42, ME, f"{MARKER}old")
    hub.forbid(EDIT_COMMENT)
    with pytest.raises(ForgeError, match="403"):
        send(forge)
    assert len(hub.bodies()) == 1
