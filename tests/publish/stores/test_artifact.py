"""The artifact store: what a run leaves for the upload step is what later runs pull."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.github_api import GitHub
from tests.support.records import add, numbers, record
from tests.support.stores import artifact_store

from perfreg.errors import StoreError
from perfreg.publish.stores import upload_directory
from perfreg.publish.stores.artifact import ArtifactStore
from perfreg.store.exchange import Shards


@pytest.fixture
def store(hub: GitHub, tmp_path: Path, said: list[str]) -> ArtifactStore:
    return artifact_store(hub, tmp_path, warn=said.append)


def test_there_is_no_store_before_the_first_artifact(store: ArtifactStore) -> None:
    assert store.pull() == {}


def test_what_the_upload_step_uploads_is_what_the_next_run_pulls(hub: GitHub, store: ArtifactStore) -> None:
    pushed = store.push(add(record(1), record(2)), "two runs")
    assert pushed.changed
    assert pushed.location == str(store.output)
    hub.upload(files_of(store.output), run=hub.run())

    assert store.pull() == {**record(1), **record(2)}


def test_a_push_adds_to_the_newest_artifact(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(record(1), run=hub.run(0))
    hub.upload({**record(1), **record(2)}, run=hub.run(60))

    store.push(add(record(3)), "a run")

    assert numbers(files_of(store.output)) == [1, 2, 3]


def test_only_the_newest_artifact_is_downloaded_when_runs_do_not_overlap(hub: GitHub, store: ArtifactStore) -> None:
    for number in range(1, 5):
        hub.upload(record(number), run=hub.run(number * 60))

    assert numbers(store.pull()) == [4]
    assert len(hub.storage.requests) == 1


def test_runs_that_overlap_lose_nothing_of_each_other(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(record(1), run=hub.run(0), minute=10)
    old, slow, quick = hub.run(100), hub.run(200), hub.run(210)
    hub.upload(record(2), run=old, minute=190)  # ended before the slow one began: in its artifact, if not pruned
    hub.upload(record(3), run=quick, minute=220)
    hub.upload(record(4), run=slow, minute=230)

    assert numbers(store.pull()) == [3, 4]


def test_a_run_that_was_started_again_overlaps_from_its_newest_attempt(hub: GitHub, store: ArtifactStore) -> None:
    again = hub.run(0, attempt_minute=500)
    hub.upload(record(1), run=hub.run(100))
    hub.upload(record(2), run=again, minute=510)

    assert numbers(store.pull()) == [2]


def test_an_artifact_of_an_earlier_attempt_overlaps_from_the_first_one(hub: GitHub, store: ArtifactStore) -> None:
    again = hub.run(0, attempt_minute=500)
    hub.upload(record(1), run=hub.run(100))
    hub.upload(record(2), run=again, minute=120)

    assert numbers(store.pull()) == [1, 2]


def test_nothing_is_left_to_upload_when_the_edit_changes_nothing(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(record(1), run=hub.run())
    leave(store.output, record(2))

    pushed = store.push(add(record(1)), "again")

    assert not pushed.changed
    assert not store.output.exists()


def test_nothing_is_left_to_upload_when_the_pull_fails(hub: GitHub, tmp_path: Path) -> None:
    store = artifact_store(hub, tmp_path, token="ghs_another")
    leave(store.output, record(2))

    with pytest.raises(StoreError, match="401"):
        store.push(add(record(1)), "a run")

    assert list(tmp_path.iterdir()) == []


def test_what_is_pruned_is_not_uploaded(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload({**record(1), **record(2)}, run=hub.run())

    store.push(lambda _: record(2), "prune")

    assert files_of(store.output) == record(2)


@pytest.mark.parametrize("name", ["notes.md", "2025-11.jsonl"])
def test_a_directory_with_other_things_is_not_taken_over(hub: GitHub, store: ArtifactStore, name: str) -> None:
    store.output.mkdir()
    (store.output / name).write_text("mine")

    with pytest.raises(StoreError, match=rf"{name}.*directory that perfreg may have for itself"):
        store.push(add(record(1)), "a run")

    assert (store.output / name).read_text() == "mine"
    assert hub.api.requests == []


def test_a_link_in_place_of_the_directory_is_not_followed(store: ArtifactStore, tmp_path: Path) -> None:
    leave(tmp_path / "elsewhere", record(1))
    for place in (store.output, store.output.with_name(".upload.leaving")):
        place.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StoreError, match="symbolic link"):
        store.push(add(record(1)), "a run")

    assert files_of(tmp_path / "elsewhere") == record(1)


def test_all_pages_are_read(hub: GitHub, store: ArtifactStore) -> None:
    hub.page_size = 2
    old = hub.run(0)
    for number in range(1, 8):
        hub.upload(record(number), run=old, minute=number)

    assert numbers(store.pull()) == [1, 2, 3, 4, 5, 6, 7]


def files_of(directory: Path) -> Shards:
    """What the upload step would take, which leaves hidden files out."""
    return {path.name: path.read_text() for path in directory.iterdir() if not path.name.startswith(".")}


def leave(directory: Path, shards: Shards) -> None:
    """What a push leaves."""
    upload_directory.fill(directory, shards)
