"""The workflows that `perfreg-templates` makes of the project's configuration."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.e2e.shop import SLOW, Shop, workflow
from tests.support.github.events import FORK

from perfreg.cli import templates

pytestmark = pytest.mark.e2e

Generate = Callable[[str], str]


@pytest.fixture
def generate(shop: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Generate:
    """Print the workflow for a target, in the project."""

    def call(target: str) -> str:
        monkeypatch.chdir(shop.checkout)
        assert templates.main((target,)) == 0
        return capsys.readouterr().out

    return call


def test_the_pipeline_stores_what_it_measures_and_tells_a_pull_request(shop: Shop, generate: Generate) -> None:
    made = generate("github")
    run = shop.pushed(made, shop.main)
    assert run.code == 0, run.log
    assert shop.stored() == 1, run.log

    shop.branch("feature")
    shop.commit("Sort twice", order=SLOW)
    run = shop.requested(made, 42, shop.request(42, "feature"))
    assert run.jobs["Report"] == "failure", run.log
    (note,) = shop.hub.api.notes
    assert "order.wall_time" in note.body
    assert shop.stored() == 1


def test_the_pair_for_forks_gates_without_rights_and_tells_with_them(shop: Shop, generate: Generate) -> None:
    shop.branch("feature")
    shop.commit("Help", search=SLOW)
    run = shop.requested(generate("github-fork-measure"), 42, shop.request(42, "feature", source=FORK))
    measured = shop.last_run
    assert run.jobs["Gate"] == "failure", run.log
    assert shop.hub.api.notes == []
    assert len(shop.hub.names(measured)) == 2

    run = shop.completed(workflow("publish"), 42, measured, conclusion="failure")
    (note,) = shop.hub.api.notes
    assert "search.wall_time" in note.body, run.log
    assert "order.wall_time" in note.body
