"""A pull request of somebody who may write: one comment, one gate, from the first push to the last."""

from __future__ import annotations

import json

import pytest
from tests.e2e.shop import FAST, SLOW, Shop, workflow

pytestmark = pytest.mark.e2e

JOB = "performance"


def test_a_slower_pull_request_fails_and_is_told_so_in_one_comment_until_it_is_mended(shop: Shop) -> None:
    shop.branch("feature")
    shop.commit("Rank by relevance", search=SLOW)
    run = shop.requested(workflow("performance"), 42, shop.request(42, "feature"))

    assert run.jobs == {JOB: "failure"}, run.log
    assert run.steps(JOB)["perf"] == "failure", run.log
    outputs = run.outputs(JOB, "perf")
    assert (outputs["status"], outputs["gate"], outputs["regressions"]) == ("ok", "fail", "1"), run.log
    assert outputs["baseline-updated"] == "false"
    changed = json.loads(outputs["result"])["changed"]
    assert [(each["metric"], each["status"]) for each in changed] == [("search.wall_time", "regression")]
    assert run.steps(JOB)["after"] == "success", run.log
    assert run.printed(JOB, "after") == "1 metrics became worse\n"
    assert "search.wall_time" in run.summary(JOB)
    assert any("search.wall_time" in each for each in run.annotations(JOB)), run.annotations(JOB)
    (name,) = shop.hub.names(shop.last_run)
    assert set(shop.hub.files(shop.last_run, name)) >= {"result.json", "report.md", "index.html"}

    (note,) = shop.hub.api.notes
    assert (str(note.id), note.number) == (outputs["comment-id"], 42)
    assert "search.wall_time" in note.body
    assert shop.hub.api.threads[42].labels == ["perf-regression"]
    assert [(each["head_sha"], each["conclusion"]) for each in shop.hub.api.check_runs] == [
        (shop.hub.api.threads[42].head, "failure")
    ]

    told = note.body
    shop.hub.api.permissions["ann"] = "write"
    shop.hub.api.write(42, "ann", "/perfreg accept search.wall_time relevance is worth it")
    shop.commit("Say why")
    run = shop.requested(workflow("performance"), 42, shop.request(42, "feature"))
    assert run.jobs == {JOB: "success"}, run.log
    assert run.outputs(JOB, "perf")["gate"] == "warn", run.log
    (note, command) = shop.hub.api.notes
    assert note.body != told
    assert "relevance is worth it" in note.body
    assert command.reactions == ["+1"]

    shop.commit("Cache the ranking", search=FAST)
    run = shop.requested(workflow("performance"), 42, shop.request(42, "feature"))
    assert run.jobs == {JOB: "success"}, run.log
    assert run.outputs(JOB, "perf")["gate"] == "pass"
    assert shop.hub.api.bodies() == [note.body]
    assert shop.hub.api.threads[42].labels == []
    assert shop.hub.api.check_runs[-1]["conclusion"] == "success"
    assert shop.stored() == 0, "what a pull request measures is kept nowhere"
