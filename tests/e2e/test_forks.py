"""A pull request from a fork: its own workflow may only read, and a second one that is trusted tells of it."""

from __future__ import annotations

import pytest
from tests.e2e.shop import SLOW, Shop, workflow
from tests.support.github.events import FORK

pytestmark = pytest.mark.e2e


def test_a_fork_is_measured_without_rights_and_published_by_a_trusted_workflow(shop: Shop) -> None:
    shop.branch("feature")
    shop.commit("Help", search=SLOW)
    run = shop.requested(workflow("performance"), 42, shop.request(42, "feature", source=FORK))
    measured = shop.last_run
    assert run.jobs == {"performance": "failure"}, run.log
    assert run.outputs("performance", "perf")["gate"] == "fail", run.log
    assert "search.wall_time" in run.summary("performance")
    assert (shop.hub.api.notes, shop.hub.api.check_runs, shop.hub.api.threads[42].labels) == ([], [], [])
    assert len(shop.hub.names(measured)) == 1

    run = shop.completed(workflow("publish"), 42, measured, conclusion="failure")
    (note,) = shop.hub.api.notes
    assert note.number == 42
    assert "search.wall_time" in note.body, run.log
    assert shop.hub.api.threads[42].labels == ["perf-regression"]
    assert [each["conclusion"] for each in shop.hub.api.check_runs] == ["failure"]
