from __future__ import annotations

from hypothesis import given
from tests.support.results import BASE_PLAN, HEAD_PLAN
from tests.support.strategies import hostile_text

from perfreg.report.escape import visible_lines
from perfreg.report.plan import LINE_LIMIT, pair


def test_equal_lines_face_each_other_and_others_differ() -> None:
    plan = pair("a\nb\nc\nd", "a\nx\nd")
    assert plan is not None
    assert [(line.base, line.head, line.differs) for line in plan.lines] == [
        ("a", "a", False),
        ("b", "x", True),
        ("c", None, True),
        ("d", "d", False),
    ]
    assert not plan.cut


def test_no_change_is_no_plan() -> None:
    assert pair("", "") is None
    assert pair(BASE_PLAN, BASE_PLAN) is None
    assert pair(BASE_PLAN, HEAD_PLAN) is not None


@given(hostile_text, hostile_text)
def test_both_plans_are_shown_whole(base: str, head: str) -> None:
    plan = pair(base, head)
    if plan is None:
        return
    assert tuple(line.base for line in plan.lines if line.base is not None) == visible_lines(base)
    assert tuple(line.head for line in plan.lines if line.head is not None) == visible_lines(head)


def test_huge_plans_are_cut_and_say_so() -> None:
    plan = pair("\n".join(map(str, range(100_000))), "\n".join(map(str, range(1, 100_000))))
    assert plan is not None
    assert plan.cut
    assert len(plan.lines) <= 2 * LINE_LIMIT
