"""What only Bitbucket has: Markdown without HTML, and tokens that may not ask who they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support import comparisons
from tests.support.bitbucket.hub import Bitbucket, bitbucket
from tests.support.fake_host import HEAD, NUMBER

from perfreg.publish.forges.bitbucket_text import read, written
from perfreg.publish.forges.marker import Marker
from perfreg.publish.forges.message import Message
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.publisher import Wishes, publish
from perfreg.report.formats.comment import Leg

AT_HAND = Occasion(event="change", repository="octo/shop", number=NUMBER, commit=HEAD)
MESSAGE = Message(legs=(Leg(name="", result=comparisons.only(*comparisons.VERDICTS)),))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bitbucket]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with bitbucket() as hub:
        yield hub


def test_no_html_is_left_and_the_marker_comes_back(hub: Bitbucket) -> None:
    assert publish(hub.forge([]), AT_HAND, MESSAGE, Wishes()).warnings == []
    body = hub.bodies()[0]
    assert body.startswith("[//]: # (perfreg:comment key=default ")
    assert not any(tag in body for tag in ("<details", "<summary", "<table", "<pre", "</", "<!--", "mermaid"))
    assert "**" in body
    comment = hub.forge([]).comments(NUMBER)[0]
    assert comment.body.startswith(f"<!-- perfreg:comment key=default commit={HEAD} ")


def test_what_is_written_can_be_read(hub: Bitbucket) -> None:
    for hidden in (False, True):
        marker = Marker(kind="comment", key="a", commit=HEAD, hidden=hidden, metrics=("0123456789ab",))
        first = read(written(f"{marker}text"))
        assert first.startswith(str(marker))
        assert read(written(first)) == first


@pytest.mark.parametrize("text", ["", "text", "[//]: # (perfreg", "[//]: # (other)\n\ntext", "<!-- other -->\n"])
def test_what_others_write_stays_as_it_is(text: str) -> None:
    assert read(text) == text


def test_a_token_of_a_repository_finds_its_own_comment(hub: Bitbucket) -> None:
    hub.is_repository_token = True
    publish(hub.forge([]), AT_HAND, MESSAGE, Wishes())
    theirs = hub.write("mallory", hub.notes[0].body)
    copy = theirs.body
    assert publish(hub.forge([]), AT_HAND, MESSAGE, Wishes()).deed == "updated"
    assert (len(hub.notes), theirs.body) == (2, copy)
