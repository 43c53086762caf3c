"""Names and messages from strangers change what a report says, and nothing else about it."""

from __future__ import annotations

import pytest
from tests.support import comparisons, harmless, results
from tests.support.payloads import PAYLOADS
from tests.support.strategies import poisoned

from perfreg.model.result import Result
from perfreg.report.formats import comment, markdown
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
