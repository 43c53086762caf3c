"""Versions of the package that are broken."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest
from tests.support.gitlab_packages import GitLab
from tests.support.records import add, numbers, record
from tests.support.stores import package_store, push_package

from perfreg.errors import StoreError
from perfreg.publish.stores.package import GitLabPackageStore
from perfreg.publish.stores.package_manifest import ManifestError, unpack
from perfreg.store.exchange import union


@pytest.fixture
def store(lab: GitLab, said: list[str]) -> GitLabPackageStore:
    """The store as a pipeline of the base branch sees it."""
    return package_store(lab, lab.pipeline(), warn=said.append)


MANIFESTS: dict[str, bytes] = {
    "no JSON": b"<html>",
    "no object": b"[]",
    "nested": b"[" * 100_000,
    "no files": b'{"format": 1, "includes": []}',
    "files of another type": b'{"format": 1, "includes": [], "files": 5}',
    "a file of another name": b'{"format": 1, "includes": [], "files": [{"name": "../x", "size": 1, "sha256": "0"}]}',
    "a negative size": (
        b'{"format": 1, "includes": [], "files": [{"name": "2025-11.jsonl", "size": -1, "sha256": "%064d"}]}' % 0
    ),
    "a huge size": (
        b'{"format": 1, "includes": [], "files": [{"name": "2025-11.jsonl", "size": 999999999, "sha256": "%064d"}]}' % 0
    ),
    "includes of another type": b'{"format": 1, "includes": [[]], "files": []}',
    "a newer format": b'{"format": 2}',
}


@pytest.mark.parametrize("manifest", MANIFESTS.values(), ids=MANIFESTS.keys())
def test_a_version_with_a_broken_manifest_is_passed_over(
    lab: GitLab, store: GitLabPackageStore, said: list[str], manifest: bytes
) -> None:
    push_package(lab, record(1))
    broken = push_package(lab, record(2))
    broken.files["manifest.json"] = manifest

    assert numbers(store.pull()) == [1]
    assert [broken.version in warning for warning in said] == [True]
    assert store.push(add(record(3)), "a run").warnings == tuple(said)


CONTENTS = {
    "another text": gzip.compress(b"{}"),
    "another text of the same size": gzip.compress(union(record(1), record(5))["2025-11.jsonl"].encode()),
    "no gzip": b"{}",
    "half": gzip.compress(record(1)["2025-11.jsonl"].encode())[:-20],
    "a bomb": gzip.compress(b"0" * (64 << 20)),
    "too large": b"0" * (2 << 20),
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_a_version_with_a_broken_file_is_passed_over(
    lab: GitLab, store: GitLabPackageStore, said: list[str], content: bytes
) -> None:
    push_package(lab, record(1))
    push_package(lab, record(3)).files["2025-11.jsonl.gz"] = content

    assert numbers(store.pull()) == [1]
    assert len(said) == 1


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(b"0" * (64 << 20))
    tracemalloc.start()
    with pytest.raises(ManifestError):
        unpack(bomb, 1000, "0" * 64)
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_versions_that_are_all_broken_are_not_replaced_by_a_new_store(lab: GitLab, store: GitLabPackageStore) -> None:
    push_package(lab, record(1)).files["manifest.json"] = b"?"

    with pytest.raises(StoreError, match="no version is usable"):
        store.push(add(record(2)), "a run")
    assert len(lab.packages) == 1
