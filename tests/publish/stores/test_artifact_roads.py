"""Roads on which someone else's run could become a baseline of the artifact store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.github_api import FORK_ID, GitHub
from tests.support.records import numbers, record
from tests.support.stores import artifact_store

from perfreg.publish.stores.artifact import ArtifactStore


@pytest.fixture
def store(hub: GitHub, tmp_path: Path, said: list[str]) -> ArtifactStore:
    return artifact_store(hub, tmp_path, warn=said.append)


ROADS: dict[str, dict[str, Any]] = {
    "pull request of a fork": {"event": "pull_request", "head_repository_id": FORK_ID, "head_branch": "feature"},
    "fork whose branch is called main": {"event": "pull_request", "head_repository_id": FORK_ID},
    "fork that was deleted": {"event": "pull_request", "head_repository_id": None},
    "push of a fork": {"event": "push", "head_repository_id": FORK_ID},
    "pull_request_target of a fork": {"event": "pull_request_target", "head_repository_id": FORK_ID},
    "pull request of a branch": {"event": "pull_request", "head_branch": "feature"},
    "pull request of the base branch": {"event": "pull_request"},
    "pull_request_target": {"event": "pull_request_target"},
    "workflow_run": {"event": "workflow_run"},
    "issue_comment": {"event": "issue_comment"},
    "push to another branch": {"head_branch": "feature"},
    "push to a branch that begins like the base branch": {"head_branch": "main2"},
    "run without a branch": {"head_branch": None},
}


@pytest.mark.parametrize("facts", ROADS.values(), ids=ROADS.keys())
def test_a_run_that_is_not_the_base_branch_s_own_changes_no_baseline(
    hub: GitHub, store: ArtifactStore, facts: dict[str, Any]
) -> None:
    hub.upload(record(1), run=hub.run(0))
    hub.upload(record(2), run=hub.run(60, **facts))

    assert numbers(store.pull()) == [1]


@pytest.mark.parametrize("facts", ROADS.values(), ids=ROADS.keys())
def test_the_run_is_asked_too_whatever_the_list_says(hub: GitHub, store: ArtifactStore, facts: dict[str, Any]) -> None:
    listed = {"head_branch": "main", "head_repository_id": 1001}
    hub.upload(record(2), run=hub.run(60, **facts), listed_run=listed)

    assert store.pull() == {}


def test_artifacts_that_are_listed_as_a_fork_s_or_another_branch_s_cost_no_request(
    hub: GitHub, store: ArtifactStore
) -> None:
    hub.upload(record(1), run=hub.run(head_repository_id=FORK_ID))
    hub.upload(record(2), run=hub.run(head_branch="feature"))

    assert store.pull() == {}
    assert len(hub.api.requests) == 1


@pytest.mark.parametrize(
    "facts",
    [{"name": "perfreg-baseline-2"}, {"expired": True}, {"listed_run": {"repository_id": 77}}],
    ids=["name", "expired", "repository"],
)
def test_other_artifacts_are_passed_over(hub: GitHub, store: ArtifactStore, facts: dict[str, Any]) -> None:
    hub.upload(record(1), run=hub.run(0))
    hub.upload(record(2), run=hub.run(60), **facts)

    assert numbers(store.pull()) == [1]


def test_a_name_is_compared_even_if_the_server_does_not(hub: GitHub, store: ArtifactStore) -> None:
    hub.filters_names = False
    hub.upload(record(1), run=hub.run(0))
    hub.upload(record(2), run=hub.run(60), name="report")

    assert numbers(store.pull()) == [1]


@pytest.mark.parametrize("event", ["push", "schedule", "workflow_dispatch"])
@pytest.mark.parametrize("conclusion", ["success", "failure", "cancelled", None])
def test_a_run_of_the_base_branch_counts_however_it_ended(
    hub: GitHub, store: ArtifactStore, event: str, conclusion: str | None
) -> None:
    hub.upload(record(1), run=hub.run(event=event, conclusion=conclusion))

    assert numbers(store.pull()) == [1]
