"""The package store: versions that no one changes add up to one store.

The shapes of the fake's answers are those that GitLab documents and that its own request tests demand; the note in the
schema file says where they are from. They could not be checked against a running GitLab.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from tests.support.gitlab_packages import GitLab, Package
from tests.support.records import add, numbers, record
from tests.support.stores import package_store, push_package

from perfreg.publish.stores.package import GitLabPackageStore
from perfreg.store.exchange import Shards, union


@pytest.fixture
def store(lab: GitLab, said: list[str]) -> GitLabPackageStore:
    """The store as a pipeline of the base branch sees it."""
    return package_store(lab, lab.pipeline(), warn=said.append)


def test_there_is_no_store_before_the_first_push(store: GitLabPackageStore) -> None:
    assert store.pull() == {}


def test_a_push_is_pulled_again(lab: GitLab, store: GitLabPackageStore) -> None:
    pushed = store.push(add(record(1), record(2)), "two runs")

    (package,) = lab.packages
    assert pushed.changed
    assert pushed.warnings == ()
    assert pushed.location == f"perfreg-baseline {package.version}"
    assert package.version.startswith(f"0.0.{store.pipeline_id}-")
    assert store.pull() == {**record(1), **record(2)}


def test_each_push_makes_a_version_of_its_own_that_includes_the_others(lab: GitLab, store: GitLabPackageStore) -> None:
    store.push(add(record(1)), "a run")
    store.push(add(record(2)), "a run")
    push_package(lab, record(3))
    lab.api.requests.clear()

    assert numbers(store.pull()) == [1, 2, 3]
    assert len(lab.packages) == 3
    downloads = [request.path for request in lab.api.requests if "/generic/" in request.path]
    assert all(lab.packages[-1].version in path for path in downloads)


def test_a_push_that_changes_nothing_uploads_nothing(lab: GitLab, store: GitLabPackageStore) -> None:
    store.push(add(record(1)), "a run")

    assert not store.push(add(record(1)), "again").changed
    assert len(lab.packages) == 1


def test_the_manifest_is_uploaded_last_and_says_what_for(lab: GitLab, store: GitLabPackageStore) -> None:
    store.push(add(record(1), record(2)), "two runs of 9d1")

    (package,) = lab.packages
    assert list(package.files) == ["2025-11.jsonl.gz", "2026-01.jsonl.gz", "manifest.json"]
    manifest = json.loads(package.files["manifest.json"])
    assert manifest["message"] == "two runs of 9d1"
    assert [entry["name"] for entry in manifest["files"]] == ["2025-11.jsonl", "2026-01.jsonl"]


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_version_that_is_not_whole_does_not_count(lab: GitLab, store: GitLabPackageStore, left: int) -> None:
    push_package(lab, record(1))
    half = push_package(lab, record(2))
    half.files = dict(list(half.files.items())[:left])

    assert numbers(store.pull()) == [1]


def test_a_version_counts_from_when_it_is_whole(lab: GitLab, store: GitLabPackageStore) -> None:
    slow = push_package(lab, record(1))
    manifest = slow.files.pop("manifest.json")
    push_package(lab, record(2))
    assert numbers(store.pull()) == [2]

    slow.files["manifest.json"] = manifest
    assert numbers(store.pull()) == [1, 2]


def test_pipelines_that_write_at_the_same_time_lose_nothing(lab: GitLab, store: GitLabPackageStore) -> None:
    push_package(lab, record(1))
    meet = Barrier(6)

    def write(number: int) -> None:
        def edit(before: Shards) -> Shards:
            meet.wait(20)  # all have read before any writes
            return union(before, record(number))

        package_store(lab, lab.pipeline()).push(edit, "a run")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(2, 8)))

    assert numbers(store.pull()) == [1, 2, 3, 4, 5, 6, 7]
    store.push(add(record(8)), "a run")
    lab.packages[:] = [lab.packages[-1]]
    assert numbers(store.pull()) == list(range(1, 9))


def test_what_is_pruned_stays_pruned(lab: GitLab, store: GitLabPackageStore) -> None:
    push_package(lab, record(1))
    push_package(lab, record(2))

    store.push(lambda _: record(2), "prune")

    assert numbers(store.pull()) == [2]


def test_all_that_was_written_while_pruning_is_kept(lab: GitLab, store: GitLabPackageStore) -> None:
    push_package(lab, record(1))

    def prune(_: Shards) -> Shards:
        push_package(lab, record(3))
        return record(2)

    store.push(prune, "prune")

    assert {2, 3} <= set(numbers(store.pull()))


def test_old_versions_may_be_deleted(lab: GitLab, store: GitLabPackageStore) -> None:
    for number in range(1, 6):
        push_package(lab, record(number))
    del lab.packages[:4]

    assert numbers(store.pull()) == [1, 2, 3, 4, 5]


def test_the_newest_version_may_be_deleted(lab: GitLab, store: GitLabPackageStore) -> None:
    for number in range(1, 4):
        push_package(lab, record(number))
    lab.packages.pop()

    assert numbers(store.pull()) == [1, 2]


def test_all_pages_are_read(lab: GitLab, store: GitLabPackageStore) -> None:
    lab.page_size = 2
    for number in range(1, 6):
        package = push_package(lab, record(number))
        package.files["manifest.json"] = without_includes(package.files["manifest.json"])

    assert numbers(store.pull()) == [1, 2, 3, 4, 5]


def without_includes(manifest: bytes) -> bytes:
    return json.dumps({**json.loads(manifest), "includes": []}).encode()


def test_many_versions_are_warned_of(lab: GitLab, store: GitLabPackageStore) -> None:
    newest = push_package(lab, record(1))
    document = json.loads(newest.files["manifest.json"])
    document["includes"] = [f"0.0.{number}-0" for number in range(250)]
    newest.files["manifest.json"] = json.dumps(document).encode()
    lab.packages[:0] = [Package(id=number, name=newest.name, version=f"0.0.{number}-0") for number in range(250)]

    pushed = store.push(add(record(2)), "a run")

    assert "delete the older ones" in pushed.warnings[0]
    assert numbers(store.pull()) == [1, 2]
