"""Names and messages from strangers change what a report says, and nothing else about it."""

from __future__ import annotations

import itertools
import re
import unicodedata
from html.parser import HTMLParser

import pytest
from tests.support import comparisons, harmless, results
from tests.support.payloads import PAYLOADS
from tests.support.strategies import poisoned

from perfreg.model.result import Result
from perfreg.report.formats import comment, console, html, markdown
from perfreg.report.formats.comment import Leg

CASES = (results.every_verdict(), comparisons.every_verdict())


def test_there_are_enough_of_them() -> None:
    assert len(set(PAYLOADS)) >= 60


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_comment_keeps_its_structure(payload: str) -> None:
    texts = [comment.render(legs(payload)), comment.render(legs(same_lines(payload)))]
    harmless.check(texts[0])
    assert harmless.skeleton(texts[0]) == harmless.skeleton(texts[1])


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_job_summary_keeps_its_structure(payload: str) -> None:
    for result in CASES:
        texts = [markdown.render(poisoned(result, name)) for name in (payload, same_lines(payload))]
        harmless.check(texts[0])
        assert harmless.skeleton(texts[0]) == harmless.skeleton(texts[1])


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_page_keeps_its_structure(payload: str) -> None:
    for result in CASES:
        pages = [Page(html.render(poisoned(result, name))[0]) for name in (payload, same_lines(payload))]
        assert pages[0].tags == pages[1].tags


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_terminal_shows_text_and_colours_alone(payload: str) -> None:
    for result, color in itertools.product(CASES, (False, True)):
        text = console.render(poisoned(result, payload), color=color, verbose=True)
        if color:
            text = re.sub(r"\x1b\[[0-9;]*m", "", text)
        assert not re.search(r"##\w*\[", text)
        for line in text.split("\n"):
            assert not line.lstrip().startswith("::"), line
            assert not {unicodedata.category(char) for char in line} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}, line


class Page(HTMLParser):
    """The tags of a page with the names of their attributes; those that load or do something with their values."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it, and fail for what a page of ours never has."""
        assert tag not in ("script", "iframe", "object", "embed", "base", "form", "img")
        for name, value in attrs:
            assert not name.startswith("on")
            assert name not in ("href", "src", "action", "formaction") or str(value).startswith(("#", "perfreg.css"))
        self.tags.append((tag, tuple(name for name, _ in attrs)))


def legs(name: str) -> tuple[Leg, ...]:
    """Two results whose every text is ``name``, as the legs of a matrix that is called so too."""
    return tuple(Leg(name=name, result=poisoned(result, name)) for result in CASES)


def same_lines(payload: str) -> str:
    """A tame text with as many lines. What cannot be typed again is never offered to be, so neither is that."""
    word = "tame" if payload.isprintable() and not payload.startswith("-") else "-tame"
    return "\n".join(word for _ in payload.rstrip().replace("\r\n", "\n").split("\n"))


def test_the_poison_is_everywhere() -> None:
    poison: Result = poisoned(CASES[0], "tame")
    assert poison.run.source.branch == "tame"
    assert {verdict.metric for verdict in poison.verdicts} == {"tame"}
