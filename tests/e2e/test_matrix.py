"""A matrix whose legs measure one scenario each, and the job that gathers them."""

from __future__ import annotations

import pytest
from tests.e2e.shop import FAST, SLOW, Shop, workflow

pytestmark = pytest.mark.e2e

SEARCH, ORDER = "performance-1", "performance-2"


def test_the_legs_of_a_matrix_give_one_comment_and_one_gate(shop: Shop) -> None:
    shop.branch("feature")
    shop.commit("Sort twice", order=SLOW)
    run = shop.requested(workflow("matrix"), 42, shop.request(42, "feature"))
    assert [run.outputs(leg, "perf")["gate"] for leg in (SEARCH, ORDER)] == ["pass", "fail"], run.log
    assert run.jobs["report"] == "failure"
    outputs = run.outputs("report", "report")
    assert (outputs["status"], outputs["gate"], outputs["regressions"]) == ("ok", "fail", "1"), run.log
    (note,) = shop.hub.api.notes
    assert (str(note.id), note.number) == (outputs["comment-id"], 42)
    assert "order.wall_time" in note.body
    assert "search.wall_time" in note.body
    assert len(shop.hub.api.check_runs) == 1, "a leg tells nobody"
    assert "order.wall_time" in run.summary("report")


def test_a_leg_that_is_missing_is_never_green(shop: Shop) -> None:
    shop.branch("feature")
    shop.commit("Change nothing", order=FAST)
    run = shop.requested(workflow("matrix").replace("vars.LOST", "'order'"), 42, shop.request(42, "feature"))
    assert run.outputs(SEARCH, "perf")["gate"] == "pass", run.log
    assert run.outputs(ORDER, "perf") == {}
    assert run.jobs["report"] == "failure"
    outputs = run.outputs("report", "report")
    assert outputs["gate"] == "fail", run.log
    assert "1 of 2 legs gave no result" in run.summary("report")
    assert shop.hub.api.check_runs[-1]["conclusion"] != "success"
