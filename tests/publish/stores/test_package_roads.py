"""Roads on which someone else's run could become a baseline of the package store."""

from __future__ import annotations

import gzip

import pytest
from tests.support.gitlab_packages import GitLab, Package, Pipeline
from tests.support.records import add, numbers, record
from tests.support.stores import package_store, push_package

from perfreg.errors import StoreError
from perfreg.publish.stores.package import GitLabPackageStore


@pytest.fixture
def store(lab: GitLab, said: list[str]) -> GitLabPackageStore:
    """The store as a pipeline of the base branch sees it."""
    return package_store(lab, lab.pipeline(), warn=said.append)


@pytest.mark.parametrize(
    "ref",
    ["feature", "main2", "v1.0", "refs/merge-requests/7/head", "refs/merge-requests/7/merge", "refs/heads/main"],
)
def test_what_other_pipelines_write_changes_no_baseline(lab: GitLab, store: GitLabPackageStore, ref: str) -> None:
    push_package(lab, record(1))
    push_package(lab, record(2), ref=ref)

    assert numbers(store.pull()) == [1]


def test_a_version_that_another_pipeline_wrote_to_later_does_not_count(lab: GitLab, store: GitLabPackageStore) -> None:
    push_package(lab, record(1))
    changed = push_package(lab, record(2))
    changed.files["2025-11.jsonl.gz"] = gzip.compress(b"{}")
    changed.pipeline = lab.pipeline("refs/merge-requests/7/head")

    assert numbers(store.pull()) == [1]


def test_a_version_may_not_take_others_away_unless_it_counts(lab: GitLab, store: GitLabPackageStore) -> None:
    push_package(lab, record(1))
    package_store(lab, lab.pipeline("feature")).push(lambda _: record(2), "take over")

    assert numbers(store.pull()) == [1]


def test_a_fork_has_no_say(lab: GitLab) -> None:
    """Its pipelines run in its own project, where their tokens are at home."""
    stranger = Pipeline(id=9, ref="main")

    with pytest.raises(StoreError, match=r"401 Unauthorized"):
        package_store(lab, stranger).push(add(record(1)), "a run")
    assert lab.packages == []


def test_who_pushes_from_another_branch_is_told(lab: GitLab) -> None:
    pushed = package_store(lab, lab.pipeline("refs/merge-requests/7/head")).push(add(record(1)), "a run")

    assert pushed.warnings == (
        "this pipeline runs for refs/merge-requests/7/head, so what it wrote does not count for main",
    )


@pytest.mark.parametrize(
    "facts", [{"name": "perfreg-baseline-2"}, {"package_type": "maven"}, {"status": "error"}, {"version": "a..b"}]
)
def test_other_packages_are_passed_over(lab: GitLab, store: GitLabPackageStore, facts: dict[str, str]) -> None:
    push_package(lab, record(1))
    other = push_package(lab, record(2))
    for name, value in facts.items():
        setattr(other, name, value)

    assert numbers(store.pull()) == [1]


def test_a_package_of_a_similar_name_does_not_speak_for_a_version(lab: GitLab, store: GitLabPackageStore) -> None:
    foreign = push_package(lab, record(1), ref="feature")
    similar = Package(id=9999, name="perfreg-baseline-arm", version=foreign.version, pipeline=lab.pipeline())
    lab.packages.append(similar)

    assert store.pull() == {}


def test_a_package_uploaded_by_hand_counts(lab: GitLab, store: GitLabPackageStore) -> None:
    by_hand = package_store(lab, lab.pipeline("feature"), private_token=lab.private_token)

    assert by_hand.push(add(record(1)), "a run").warnings == ()
    assert numbers(store.pull()) == [1]
