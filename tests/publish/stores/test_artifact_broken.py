"""Artifacts that are broken, gone or too large."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.github_api import GitHub, zipped
from tests.support.records import add, numbers, record
from tests.support.rest_server import Reply
from tests.support.stores import artifact_store

from perfreg.errors import StoreError
from perfreg.publish.stores.artifact import ArtifactStore


@pytest.fixture
def store(hub: GitHub, tmp_path: Path, said: list[str]) -> ArtifactStore:
    return artifact_store(hub, tmp_path, warn=said.append)


@pytest.mark.parametrize("status", [404, 410])
def test_the_next_older_artifact_stands_in_for_one_that_is_gone(
    hub: GitHub, store: ArtifactStore, said: list[str], status: int
) -> None:
    hub.upload(record(1), run=hub.run(0))
    gone = hub.upload(record(2), run=hub.run(60), gone=status)

    assert numbers(store.pull()) == [1]
    assert len(said) == 1
    assert f"artifact {gone.id}" in said[0]


def test_a_store_begins_anew_when_all_artifacts_are_gone(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(record(1), run=hub.run(0), gone=410)

    assert store.pull() == {}


BROKEN = {
    "no zip": b"<html>",
    "empty": b"",
    "half": zipped(record(1))[:-40],
    "no shards": zipped({"README.md": "hello"}),
    "path": zipped({"../2025-11.jsonl": ""}),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_the_next_older_artifact_stands_in_for_a_broken_one(
    hub: GitHub, store: ArtifactStore, said: list[str], content: bytes
) -> None:
    hub.upload(record(1), run=hub.run(0))
    hub.upload(content, run=hub.run(60))

    assert numbers(store.pull()) == [1]
    assert len(said) == 1
    pushed = store.push(add(record(3)), "a run")
    assert pushed.warnings == tuple(said)


def test_artifacts_that_are_all_broken_are_not_replaced_by_a_new_store(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(b"broken", run=hub.run(0))

    with pytest.raises(StoreError, match=r"no artifact is usable: artifact \d+ of .*broken"):
        store.push(add(record(1)), "a run")

    assert not store.output.exists()


def test_an_artifact_that_does_not_match_its_digest_is_broken(
    hub: GitHub, store: ArtifactStore, said: list[str]
) -> None:
    hub.upload(record(1), run=hub.run(0))
    hub.upload(record(2), run=hub.run(60), digest="sha256:" + "0" * 64)

    assert numbers(store.pull()) == [1]
    assert "digest" in said[0]


def test_an_artifact_without_a_digest_is_read(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(record(1), run=hub.run(), digest=None)

    assert numbers(store.pull()) == [1]


def test_an_artifact_that_is_too_large_is_not_downloaded(hub: GitHub, store: ArtifactStore, said: list[str]) -> None:
    hub.upload(record(1), run=hub.run(0))
    hub.upload(record(2), run=hub.run(60), size=200 << 20)

    assert numbers(store.pull()) == [1]
    assert "128 MiB" in said[0]
    assert len(hub.storage.requests) == 1


def test_a_download_that_is_cut_off_is_tried_again(hub: GitHub, store: ArtifactStore) -> None:
    hub.upload(record(1), run=hub.run())
    hub.storage.faults.append(Reply(body=zipped(record(1)), cut=20))

    assert numbers(store.pull()) == [1]


def test_warnings_of_a_pull_reach_the_log_when_nobody_asked_for_them(
    hub: GitHub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hub.upload(record(1), run=hub.run(0), gone=410)

    artifact_store(hub, tmp_path).pull()

    assert "has been deleted" in caplog.text
