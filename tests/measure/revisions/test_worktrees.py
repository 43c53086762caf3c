"""Work trees of revisions: made, found again, shared by nobody, bounded in number, and gone without a trace."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from tests.support.git_scene import git
from tests.support.revision_scene import ENV, Scene, make_scene, read, revision, untouched

from perfreg.errors import RevisionError
from perfreg.measure.revisions import checked_out, default_cache, forget

posix = pytest.mark.skipif(os.name == "nt", reason="shell scripts and signals")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return make_scene(tmp_path_factory.mktemp("scene"))


@pytest.fixture
def clone(scene: Scene, tmp_path: Path) -> Path:
    return scene.clone(tmp_path / "clone with space, ü", "--branch=feature")


def trees(clone: Path) -> list[Path]:
    cache = default_cache(clone)
    return sorted(path for path in cache.iterdir() if path.is_dir()) if cache.is_dir() else []


def registered(clone: Path) -> int:
    return git(clone, "worktree", "list", "--porcelain").count("worktree ") - 1


@pytest.mark.parametrize("options", [(), ("--depth=1",), ("--filter=blob:none",), ("--depth=1", "--filter=tree:0")])
def test_the_files_of_a_revision(scene: Scene, tmp_path: Path, options: tuple[str, ...]) -> None:
    clone = scene.clone(tmp_path / "clone", "--branch=feature", *options)
    with untouched(clone):
        assert read(clone, "main", "main.txt") == "5"
        assert read(clone, "v1", "main.txt") == "0"
        assert read(clone, "HEAD", "feature.txt") == "yes"


def test_the_tree_as_it_is_is_the_directory_itself(clone: Path) -> None:
    (clone / "new.txt").write_text("not added")
    with untouched(clone), checked_out(clone, revision(clone, "."), ENV) as tree:
        assert tree == clone
    assert not (clone / ".perfreg").exists()


def test_a_dirty_tree_is_left_alone(clone: Path) -> None:
    (clone / "main.txt").write_text("changed")
    (clone / "feature.txt").write_text("staged")
    git(clone, "add", "feature.txt")
    (clone / "new.txt").write_text("not added")
    with untouched(clone):
        assert read(clone, "HEAD", "main.txt") == "3"
        assert read(clone, "HEAD", "feature.txt") == "yes"


def test_a_tree_is_found_again_as_it_was_checked_out(clone: Path) -> None:
    with untouched(clone):
        with checked_out(clone, revision(clone, "main"), ENV) as first:
            (first / "main.txt").touch()
            before = (first / "v1.txt", (first / "main.txt").stat().st_ino)
            (first / "out").mkdir()
            (first / "out" / "database").write_text("left by a run")
        with checked_out(clone, revision(clone, "origin/main"), ENV) as second:
            assert second == first
            assert not (second / "out").exists()
            assert before
        inode = (second / "main.txt").stat().st_ino
        with checked_out(clone, revision(clone, "main"), ENV) as third:
            assert (third / "main.txt").stat().st_ino == inode
        assert (len(trees(clone)), registered(clone)) == (1, 1)


@pytest.mark.parametrize("damage", ["change", "remove", "replace", "git", "note", "unregister"])
def test_a_tree_that_is_not_as_it_was_is_made_anew(clone: Path, damage: str) -> None:
    with untouched(clone):
        with checked_out(clone, revision(clone, "main"), ENV) as tree:
            pass
        if damage == "change":
            (tree / "main.txt").write_text("6")
        elif damage == "remove":
            (tree / "main.txt").unlink()
        elif damage == "replace":
            (tree / "main.txt").unlink()
            (tree / "main.txt").symlink_to(clone / "main.txt")
        elif damage == "git":
            (tree / ".git").write_text("gitdir: /nowhere")
        elif damage == "note":
            tree.with_name(f"{tree.name}.json").write_text('{"schema": "perfreg.tree/1", "commit": 3')
        else:
            git(clone, "worktree", "remove", "--force", str(tree))
        assert read(clone, "main", "main.txt") == "5"
        assert (len(trees(clone)), registered(clone)) == (1, 1)


def test_a_cache_that_somebody_removed_is_made_anew(clone: Path) -> None:
    import shutil

    with untouched(clone):
        for name in ("main", "v1"):
            assert read(clone, name, "main.txt")
        shutil.rmtree(clone / ".perfreg")
        assert read(clone, "main", "main.txt") == "5"
        assert registered(clone) == 1


def test_stale_work_trees_of_the_user_stay_registered(clone: Path, tmp_path: Path) -> None:
    git(clone, "worktree", "add", "--quiet", "--detach", str(tmp_path / "unplugged"))
    (tmp_path / "unplugged").rename(tmp_path / "elsewhere")
    assert read(clone, "main", "main.txt") == "5"
    forget(clone, ENV)
    assert registered(clone) == 1


def test_git_overlooks_what_is_kept_and_no_file_of_the_user_says_so(clone: Path) -> None:
    with untouched(clone), checked_out(clone, revision(clone, "main"), ENV):
        assert git(clone, "status", "--porcelain", "--untracked-files=all") == ""
        assert not (clone / ".gitignore").exists()
        assert not revision(clone, ".").dirty


def test_a_cache_elsewhere(clone: Path, tmp_path: Path) -> None:
    with checked_out(clone, revision(clone, "main"), ENV, cache=tmp_path / "cache") as tree:
        assert tree.is_relative_to(tmp_path / "cache")
    assert not (clone / ".perfreg").exists()
    forget(clone, ENV, cache=tmp_path / "cache")
    assert registered(clone) == 0


def test_only_the_trees_used_last_are_kept(clone: Path) -> None:
    with untouched(clone):
        for index, name in enumerate(("main", "main~1", "main~2", "main~3", "main")):
            with checked_out(clone, revision(clone, name), ENV, keep=2) as tree:
                pass
            os.utime(tree.with_name(f"{tree.name}.json"), (1000 + index, 1000 + index))
        kept = {git(path, "rev-parse", "HEAD") for path in trees(clone)}
        assert kept == {git(clone, "rev-parse", name) for name in ("origin/main~3", "origin/main")}
        assert registered(clone) == 2
        assert len(list(default_cache(clone).glob("*.lock"))) == 2


def test_nothing_is_kept_on_demand(clone: Path) -> None:
    with untouched(clone):
        with checked_out(clone, revision(clone, "main"), ENV, keep=0) as tree:
            assert (tree / "main.txt").read_text() == "5"
        assert list(default_cache(clone).iterdir()) == []
        assert registered(clone) == 0


def test_a_tree_in_use_is_not_removed(clone: Path) -> None:
    with untouched(clone), checked_out(clone, revision(clone, "main"), ENV) as tree:
        with checked_out(clone, revision(clone, "main~1"), ENV, keep=0):
            pass
        forget(clone, ENV)
        assert (tree / "main.txt").read_text() == "5"


def test_who_needs_a_commit_twice_gets_two_trees(clone: Path) -> None:
    twice = revision(clone, "main")
    with untouched(clone):
        with checked_out(clone, twice, ENV) as a, checked_out(clone, twice, ENV) as b:
            assert a != b
            assert len(str(a)) == len(str(b))
            assert (a / "main.txt").read_text() == (b / "main.txt").read_text() == "5"
        with checked_out(clone, twice, ENV) as again:
            assert again == a


def test_read_only_leftovers_are_removed(clone: Path) -> None:
    with untouched(clone):
        with checked_out(clone, revision(clone, "main"), ENV) as tree:
            (tree / "cache").mkdir()
            (tree / "cache" / "module").write_text("as Go leaves them")
            (tree / "cache" / "module").chmod(0o400)
            (tree / "cache").chmod(0o500)
        assert read(clone, "main", "main.txt") == "5"


def test_the_same_directory_of_the_revision(tmp_path: Path) -> None:
    scene = make_scene(tmp_path)
    (scene.work / "services" / "shop").mkdir(parents=True)
    (scene.work / "services" / "shop" / "perfreg.yml").write_text("")
    scene.commit("Move")
    inside = scene.work / "services" / "shop"
    with untouched(scene.work):
        with checked_out(inside, revision(inside, "HEAD"), ENV) as tree:
            assert tree.parts[-2:] == ("services", "shop")
            assert (tree / "perfreg.yml").is_file()
            assert tree.is_relative_to(inside / ".perfreg")
            assert git(scene.work, "status", "--porcelain") == ""
        with pytest.raises(RevisionError, match=r"'HEAD~1': .* no directory 'services/shop'"):
            read(inside, "HEAD~1", "main.txt")
        forget(inside, ENV)


def test_a_work_tree_of_the_user_will_do_as_well(clone: Path, tmp_path: Path) -> None:
    git(clone, "worktree", "add", "--quiet", "-b", "second", str(tmp_path / "second"))
    assert read(tmp_path / "second", "main", "main.txt") == "5"
    forget(tmp_path / "second", ENV)
    assert registered(clone) == 1


def test_a_sparse_checkout_compares_whole_trees_or_its_own(clone: Path) -> None:
    git(clone, "sparse-checkout", "set", "nothing")
    with checked_out(clone, revision(clone, "main"), ENV) as tree:
        assert (tree / "main.txt").read_text() == "5"
    forget(clone, ENV)


@posix
def test_no_hook_of_the_repository_runs(clone: Path, tmp_path: Path) -> None:
    for name in ("post-checkout", "reference-transaction", "post-index-change", "fsmonitor-watchman"):
        hook = clone / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f'#!/bin/sh\ntouch "{tmp_path}/ran"\n')
        hook.chmod(0o755)
    assert read(clone, "main", "main.txt") == "5"
    forget(clone, ENV)
    assert not (tmp_path / "ran").exists()


def test_variables_of_a_hook_do_not_lead_elsewhere(clone: Path, scene: Scene) -> None:
    foreign = {"GIT_DIR": str(scene.work / ".git"), "GIT_WORK_TREE": str(scene.work), "GIT_INDEX_FILE": "/nowhere"}
    with untouched(clone):
        assert read(clone, "HEAD", "feature.txt", {**ENV, **foreign}) == "yes"


def test_a_place_that_cannot_be_written_is_an_error(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(RevisionError, match="file"),
        checked_out(clone, revision(clone, "main"), ENV, cache=tmp_path / "file" / "cache"),
    ):
        pass


_HOLD = """
import os, sys, time
from pathlib import Path
from perfreg.measure.revisions import checked_out, resolve
clone = Path(sys.argv[1])
with checked_out(clone, resolve(clone, sys.argv[2], os.environ), os.environ) as tree:
    (tree / "mine").write_text(str(os.getpid()))
    print(tree, flush=True)
    sys.stdin.read()
    assert (tree / "mine").read_text() == str(os.getpid())
    assert (tree / "main.txt").read_text() == "5"
"""


def hold(clone: Path, name: str = "main") -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", _HOLD, str(clone), name]
    return subprocess.Popen(command, env=dict(ENV), stdin=pipe, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.parametrize("options", [(), ("--depth=1",)])
def test_several_at_once_do_not_meet(scene: Scene, tmp_path: Path, options: tuple[str, ...]) -> None:
    clone = scene.clone(tmp_path / "clone", "--branch=feature", *options)
    with untouched(clone):
        others = [hold(clone) for _ in range(4)]
        assert len({other.stdout.readline() for other in others if other.stdout}) == 4
        complaints = [other.communicate()[1] for other in others]
        assert (complaints, [other.returncode for other in others]) == ([""] * 4, [0] * 4)


@posix
def test_the_tree_of_a_killed_process_is_taken_over(clone: Path) -> None:
    with untouched(clone):
        other = hold(clone)
        assert other.stdout
        place = Path(other.stdout.readline().strip())
        other.kill()
        other.communicate()
        with checked_out(clone, revision(clone, "main"), ENV) as tree:
            assert tree == place
            assert not (tree / "mine").exists()


@posix
@pytest.mark.parametrize("victim", ["all", "perfreg"])
def test_a_half_made_tree_is_made_anew(clone: Path, victim: str) -> None:
    """A filter that hangs stops git in the middle of a checkout; then everybody, or perfreg alone, is killed."""
    begun, go_on = clone.parent / "begun", clone.parent / "go on"
    (clone / ".git" / "info" / "attributes").write_text("main.txt filter=hang\n")
    wait = f"touch '{begun}'; until [ -e '{go_on}' ]; do sleep 0.05; done; cat"
    git(clone, "config", "filter.hang.smudge", wait)
    other = hold(clone)
    deadline = time.monotonic() + 60
    while not begun.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    git(clone, "config", "--unset", "filter.hang.smudge")  # from now on; the git that runs has read it
    children = psutil.Process(other.pid).children(recursive=True)
    for child in children if victim == "all" else []:
        child.kill()
    other.kill()
    other.communicate()
    try:
        with checked_out(clone, revision(clone, "main"), ENV) as tree:
            assert (tree / "main.txt").read_text() == "5"
            # The git that lives on holds its place still; nobody writes in the tree that is used.
            assert tree.name.endswith("-1" if victim == "all" else "-2")
    finally:
        go_on.touch()
        psutil.wait_procs(children, timeout=30)
    with checked_out(clone, revision(clone, "main"), ENV) as tree:
        assert (tree / "main.txt").read_text() == "5"
        assert tree.name.endswith("-1")
    forget(clone, ENV)
    assert registered(clone) == 0
