"""The branch may hold anything: only shards are read, and what is not ours is carried along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.git_scene import (
    BRANCH,
    ENV,
    SHARD,
    add,
    blob,
    files,
    git,
    make_clone,
    make_remote,
    put,
    record,
    stored,
)

from perfreg.errors import StoreError
from perfreg.publish.stores.git_branch import GitBranch
from perfreg.publish.stores.size_limits import SizeLimits
from perfreg.store.exchange import QUARANTINE, union


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return make_remote(tmp_path)


@pytest.fixture
def store(remote: Path, tmp_path: Path) -> GitBranch:
    return GitBranch(directory=make_clone(remote, tmp_path / "clone"), env=ENV)


def entries(*items: tuple[str, str, str, str]) -> str:
    return "".join(f"{mode} {kind} {name}\t{path}\0" for mode, kind, name, path in items)


@pytest.mark.parametrize("squash", [False, True])
def test_only_regular_files_with_the_name_of_a_shard_are_read(remote: Path, store: GitBranch, squash: bool) -> None:
    secret = blob(remote, b"/etc/passwd")
    good = blob(remote, stored(1)[SHARD].encode())
    folder = git(remote, "mktree", stdin=f"100644 blob {good}\tx\n".encode())
    commit = git(remote, "rev-parse", "main")
    hostile = entries(
        ("100644", "blob", good, SHARD),
        ("120000", "blob", secret, "2026-01.jsonl"),
        ("160000", "commit", commit, "2026-02.jsonl"),
        ("040000", "tree", folder, "2026-03.jsonl"),
        ("100644", "blob", good, "2026-04.jsonl\n2026-05.jsonl"),
        ("100644", "blob", good, "2026-06.jsonl "),
        ("100644", "blob", good, "-rf"),
        ("100644", "blob", good, '"M 100644 inline x'),
        ("100644", "blob", good, "notes.md"),
        ("100644", "blob", good, ".."),
        ("040000", "tree", folder, ".git"),
    )
    put(remote, hostile)
    before = files(remote)
    assert store.pull() == stored(1)
    assert replace(store, squash=squash).push(add(2), "add").changed
    assert store.pull() == stored(1, 2)
    after = files(remote)
    changed = {path for path in before | after if before.get(path) != after.get(path)}
    assert changed == {"README.md", f"records/{SHARD}"}


def test_files_of_others_stay_and_are_not_counted(remote: Path, store: GitBranch) -> None:
    store.push(add(1), "add")
    page, own = blob(remote, b"<html>"), blob(remote, b"# Our own words\n")
    top = git(remote, "ls-tree", BRANCH).replace(git(remote, "rev-parse", f"{BRANCH}:README.md"), own)
    tree = git(remote, "mktree", stdin=f"{top}\n100644 blob {page}\tindex.html\n".encode())
    commit = git(remote, "commit-tree", tree, "-p", BRANCH, "-m", "a page")
    git(remote, "update-ref", f"refs/heads/{BRANCH}", commit)
    store.push(add(2), "add")
    replace(store, squash=True).push(add(3), "add")
    assert files(remote)["index.html"] == f"100644 blob {page}"
    assert files(remote)["README.md"] == f"100644 blob {own}"
    assert store.pull() == stored(1, 2, 3)


def test_an_emptied_store_is_still_ours_beside_other_files(remote: Path, store: GitBranch) -> None:
    store.push(add(1), "add")
    page = blob(remote, b"<html>")
    tree = git(remote, "mktree", stdin=f"{git(remote, 'ls-tree', BRANCH)}\n100644 blob {page}\tindex.html\n".encode())
    git(remote, "update-ref", f"refs/heads/{BRANCH}", git(remote, "commit-tree", tree, "-m", "a page"))
    store.push(lambda _: {}, "prune")
    assert set(files(remote)) == {"README.md", "index.html"}
    assert store.push(add(2), "add").changed


@pytest.mark.parametrize(("mode", "content"), [("120000", b"/etc"), ("100644", b"a file")])
def test_a_folder_that_is_none_makes_no_data_branch(remote: Path, store: GitBranch, mode: str, content: bytes) -> None:
    tree = git(remote, "mktree", stdin=f"{mode} blob {blob(remote, content)}\trecords\n".encode())
    git(remote, "update-ref", f"refs/heads/{BRANCH}", git(remote, "commit-tree", tree, "-m", "by hand"))
    for action in (store.pull, lambda: store.push(add(1), "add")):
        with pytest.raises(StoreError, match="no data branch"):
            action()


def test_too_large_shards_are_not_read(remote: Path, store: GitBranch) -> None:
    put(remote, entries(("100644", "blob", blob(remote, b"x" * 5000), "2026-01.jsonl")))
    with pytest.raises(StoreError, match=r"2026-01\.jsonl has 5000 bytes"):
        replace(store, limits=SizeLimits(refuse_shard=5000)).pull()
    with pytest.raises(StoreError, match="the store has 5000 bytes"):
        replace(store, limits=SizeLimits(refuse_store=4000)).pull()


def test_texts_are_made_what_a_store_expects(remote: Path, store: GitBranch) -> None:
    content = f"{record(1)}\r\n\r\n\xff broken\r\n{record(2)}".encode("latin-1")
    put(remote, entries(("100755", "blob", blob(remote, content), SHARD)))
    text = store.pull()[SHARD]
    assert "\r" not in text
    assert text.endswith("\n")
    store.push(add(3), "add")
    assert store.pull() == union(stored(1, 2, 3), {QUARANTINE: "\\xff broken\n"})
