from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.git_scene import BRANCH, ENV, SHARD, add, commits, files, git, make_clone, make_remote, stored

from perfreg.errors import StoreError
from perfreg.publish.stores.git_branch import GitBranch
from perfreg.publish.stores.size_limits import SizeLimits
from perfreg.store.exchange import Shards


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return make_remote(tmp_path)


@pytest.fixture
def store(remote: Path, tmp_path: Path) -> GitBranch:
    return GitBranch(directory=make_clone(remote, tmp_path / "clone"), env=ENV)


def empty(_: Shards) -> Shards:
    return {}


def test_the_first_push_creates_a_branch_without_the_code(remote: Path, store: GitBranch) -> None:
    assert store.pull() == {}
    pushed = store.push(add(1), "add run 1")
    assert (pushed.changed, pushed.attempts, pushed.warnings) == (True, 1, ())
    assert git(remote, "rev-parse", BRANCH).startswith(pushed.location.rpartition(" ")[2])
    assert set(files(remote)) == {"README.md", f"records/{SHARD}"}
    assert commits(remote) == 1
    assert store.pull() == stored(1)


def test_later_pushes_add_to_what_is_there(remote: Path, store: GitBranch) -> None:
    for number in (1, 2, 3):
        store.push(add(number), f"add run {number}")
    assert store.pull() == stored(1, 2, 3)
    assert commits(remote) == 3


def test_nothing_is_committed_when_nothing_changed(remote: Path, store: GitBranch) -> None:
    assert not store.push(empty, "nothing").changed
    assert "refs/heads/perfreg-data" not in git(remote, "for-each-ref")
    store.push(add(1), "add run 1")
    pushed = store.push(add(1), "add run 1 again")
    assert not pushed.changed
    assert commits(remote) == 1


def test_an_edit_may_remove_shards_and_even_all(remote: Path, store: GitBranch) -> None:
    store.push(add(1), "add run 1")
    assert store.push(empty, "prune").changed
    assert store.pull() == {}
    assert set(files(remote)) == {"README.md"}
    assert store.push(add(2), "add run 2").changed
    assert store.pull() == stored(2)


def test_an_edit_sees_what_is_there_and_may_return_shards_only(store: GitBranch) -> None:
    store.push(add(1), "add run 1")
    with pytest.raises(ValueError, match="shards only"):
        store.push(lambda there: {**there, "../evil": "x"}, "evil")
    assert store.pull() == stored(1)


def test_commits_are_the_bots_and_start_no_pipeline(remote: Path, store: GitBranch) -> None:
    store.push(add(1), "add\nrun\x1b[31m <1>")
    store = replace(store, committer_name="Perf<Bot>\n", committer_email="bot@example.org>\nfrom x")
    store.push(add(2), "add run 2")
    facts = git(remote, "log", "--format=%an <%ae>|%cn <%ce>|%B%x00", BRANCH).split("\0")
    bot = "perfreg[bot] <perfreg[bot]@users.noreply.github.com>"
    assert facts[1].strip() == f"{bot}|{bot}|add run [31m <1> [skip ci]"
    assert facts[0].strip() == "|".join(["Perf Bot <bot@example.orgfrom x>"] * 2) + "|add run 2 [skip ci]"


def test_squash_keeps_one_commit_and_all_files(remote: Path, store: GitBranch) -> None:
    store.push(add(1), "add run 1")
    store.push(add(2), "add run 2")
    squashing = replace(store, squash=True)
    for number in (3, 4):
        assert squashing.push(add(number), "add").changed
        assert commits(remote) == 1
    assert not squashing.push(add(4), "add").changed
    assert set(files(remote)) == {"README.md", f"records/{SHARD}"}
    store.push(add(5), "add run 5")
    assert store.pull() == stored(1, 2, 3, 4, 5)
    assert git(remote, "fsck", "--strict", "--no-dangling") == ""


def test_repositories_with_sha256_work(tmp_path: Path) -> None:
    remote = make_remote(tmp_path, object_format="sha256")
    store = GitBranch(directory=make_clone(remote, tmp_path / "clone"), env=ENV)
    store.push(add(1), "add run 1")
    store.push(add(2), "add run 2")
    assert store.pull() == stored(1, 2)
    assert len(git(remote, "rev-parse", BRANCH)) == 64


def test_growing_stores_warn_long_before_they_are_refused(remote: Path, store: GitBranch) -> None:
    store.push(add(1), "add run 1")
    size = len(stored(1)[SHARD])
    limits = SizeLimits(warn_shard=2 * size, warn_store=3 * size, refuse_shard=4 * size)
    store = replace(store, limits=limits)
    assert store.push(add(1), "add").warnings == ()
    assert [warning.split()[0] for warning in store.push(add(2), "add").warnings] == [SHARD]
    assert "every run downloads" in store.push(add(3), "add").warnings[1]
    with pytest.raises(StoreError, match=r"perfreg baseline prune"):
        store.push(add(4), "add")
    assert store.pull() == stored(1, 2, 3)
    assert store.push(lambda _: stored(3), "prune").changed


@pytest.mark.parametrize("branch", ["-x", "--force", "a b", "a..b", "@{-1}", "", "x.lock", "*", "a\nb"])
def test_names_that_are_no_branches_are_refused(store: GitBranch, branch: str) -> None:
    with pytest.raises(StoreError, match=r"is no name of a branch.*baseline\.branch"):
        replace(store, branch=branch).push(add(1), "add")


@pytest.mark.parametrize("remote_name", ["", "--upload-pack=touch pwned", "-x"])
def test_remotes_that_are_options_are_refused(store: GitBranch, remote_name: str) -> None:
    with pytest.raises(StoreError, match="is no name of a remote"):
        replace(store, remote=remote_name).pull()


def test_a_branch_with_something_else_on_it_is_left_alone(remote: Path, store: GitBranch) -> None:
    before = git(remote, "rev-parse", "main")
    for squash in (False, True):
        store = replace(store, branch="main", squash=squash)
        with pytest.raises(StoreError, match=r"branch main of origin: it is no data branch"):
            store.push(add(1), "add")
        with pytest.raises(StoreError, match="it is no data branch"):
            store.pull()
    assert git(remote, "rev-parse", "main") == before


def test_a_url_serves_as_remote(remote: Path, store: GitBranch) -> None:
    direct = replace(store, remote=f"file://{remote}", branch="perf/data")
    direct.push(add(1), "add")
    assert replace(store, branch="perf/data").pull() == stored(1)
