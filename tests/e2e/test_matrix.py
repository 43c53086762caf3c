"""A matrix whose legs measure one scenario each, and the job that gathers them."""

from __future__ import annotations

import pytest
from tests.e2e.shop import FAST, SLOW, Shop, workflow
from tests.e2e.substitutes import REUSABLE, ROOT

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
    lost = workflow("matrix").replace("vars.LOST", "'order'")
    gathered = lost.replace("/report@v1", "@v1").replace("{legs: 2}", "{mode: report, legs: 2}")
    run = shop.requested(gathered, 42, shop.request(42, "feature"))
    assert run.outputs(SEARCH, "perf")["gate"] == "pass", run.log
    assert run.outputs(ORDER, "perf") == {}
    assert run.jobs["report"] == "failure"
    outputs = run.outputs("report", "report")
    assert outputs["gate"] == "fail", run.log
    assert "1 of 2 legs gave no result" in run.summary("report")
    assert shop.hub.api.check_runs[-1]["conclusion"] != "success"


def test_the_reusable_workflow_stores_all_legs_with_one_commit_and_takes_the_inputs_of_a_form(shop: Shop) -> None:
    run = shop.pushed(workflow("reusable"), shop.main)
    assert set(run.jobs.values()) == {"success"}, run.log
    assert run.outputs("after", "seen") == {"gate": "warn", "regressions": "0"}
    assert shop.stored() == 1
    assert len(shop.hub.api.check_runs) == 1

    shop.commit("Sort twice", order=SLOW)
    run = shop.dispatched(workflow("reusable"), test_duration="1", concurrent_users="1", fail_on_regression="false")
    assert set(run.jobs.values()) == {"success"}, run.log
    assert run.outputs("after", "seen")["regressions"] == "1", run.log
    assert shop.stored() == 2


def test_the_reusable_workflow_is_one_of_its_own_where_it_is_copied_to(shop: Shop) -> None:
    copied = (ROOT / REUSABLE).read_text("utf-8")
    run = shop.dispatched(copied, scenarios='["search", "order"]', establish_baselines="true")
    assert set(run.jobs.values()) == {"success"}, run.log
    assert shop.stored() == 1, run.log
    assert "search.wall_time" in run.summary("Report"), run.log
