"""Pushes to the default branch, and runs that somebody asks for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.e2e.shop import SLOW, Shop, workflow

pytestmark = pytest.mark.e2e

JOB = "performance"


def test_pushes_are_kept_on_the_data_branch_and_compared_with_each_other(shop: Shop, tmp_path: Path) -> None:
    shop.act = replace(shop.act, cache=tmp_path / "disk")  # as on a hosted runner, where no job finds another's tools
    first = shop.main
    run = shop.pushed(workflow("performance"), first)
    assert run.jobs == {JOB: "success"}, run.log
    outputs = run.outputs(JOB, "perf")
    assert (outputs["status"], outputs["gate"], outputs["baseline-updated"]) == ("ok", "warn", "true"), run.log
    assert "no baseline" in outputs["result"]
    assert shop.stored() == 1
    assert "Cache not found" in run.printed(JOB, "perf")

    second = shop.commit("Slow it down", search=SLOW)
    run = shop.pushed(workflow("performance"), second, before=first)
    assert run.jobs == {JOB: "failure"}, run.log
    outputs = run.outputs(JOB, "perf")
    assert (outputs["gate"], outputs["regressions"]) == ("fail", "1"), run.log
    changed = json.loads(outputs["result"])["changed"]
    assert [(each["metric"], each["status"]) for each in changed] == [("search.wall_time", "regression")]
    assert shop.stored() == 2
    assert "Cache restored" in run.printed(JOB, "perf"), "the wheels that the first job has kept"
    (issue,) = shop.hub.api.threads.values()
    assert (issue.state, issue.labels) == ("open", ["perf-regression"])
    assert "search.wall_time" in issue.body


def test_a_run_that_is_asked_for_does_what_its_inputs_say(shop: Shop) -> None:
    fast = shop.main
    shop.commit("Slow it down", order=SLOW)
    run = shop.dispatched(workflow("performance"), base=fast, fail_on_regression="false")
    assert run.jobs == {JOB: "success"}, run.log
    outputs = run.outputs(JOB, "perf")
    assert (outputs["status"], outputs["regressions"], outputs["baseline-updated"]) == ("ok", "1", "false"), run.log
    assert "order.wall_time" in run.summary(JOB)
