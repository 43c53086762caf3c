"""Names of revisions, in clones that have everything and in clones that have next to nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from tests.support.git_http import TOKEN, basic, git_server
from tests.support.git_scene import git
from tests.support.revision_scene import ENV, Scene, commit_of, make_scene, revision, untouched

from perfreg.errors import RevisionError, UsageError
from perfreg.measure.revisions import lag, merge_base, resolve


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return make_scene(tmp_path_factory.mktemp("scene") / "with space, ü")


@pytest.fixture
def shallow(scene: Scene, tmp_path: Path) -> Path:
    return scene.clone(tmp_path / "shallow", "--depth=1", "--branch=feature")


NAMES = [
    ("main", "main"),
    ("feature", "feature"),
    ("origin/main", "main"),
    ("refs/heads/main", "main"),
    ("v1", "v1"),
    ("tags/v1", "v1"),
    ("refs/tags/v1", "v1"),
    ("main~2", "main~2"),
    ("main^1~1", "main~2"),
    ("HEAD~1", "feature~1"),
    ("HEAD", "feature"),
    ("@", "feature"),
    ("pull/7/merge", "merge"),
    ("refs/pull/7/merge^2", "feature"),
    ("main...HEAD", "feature~1"),
    ("origin/main...", "feature~1"),
    ("HEAD^{/Main 1}", "main~4"),
]


@pytest.mark.parametrize(("name", "meant"), NAMES)
@pytest.mark.parametrize("options", [(), ("--depth=1",), ("--single-branch",), ("--filter=blob:none", "--depth=1")])
def test_every_name_is_found_in_every_clone(
    scene: Scene, tmp_path: Path, name: str, meant: str, options: tuple[str, ...]
) -> None:
    clone = scene.clone(tmp_path / "clone", "--branch=feature", *options)
    with untouched(clone):
        assert commit_of(clone, name) == scene.id(meant)


@pytest.mark.parametrize("length", [7, 40])
@pytest.mark.parametrize("name", ["main", "main~3", "v1"])
def test_ids_are_found_in_a_shallow_clone(scene: Scene, shallow: Path, name: str, length: int) -> None:
    meant = scene.id(name)
    with untouched(shallow):
        assert commit_of(shallow, meant[:length]) == meant


def test_ids_of_a_server_that_gives_only_what_it_advertises(scene: Scene, shallow: Path) -> None:
    git(shallow, "config", "protocol.version", "0")  # later ones give every object
    with untouched(shallow):
        assert commit_of(shallow, scene.id("main~3")) == scene.id("main~3")


def test_the_parent_of_a_merge_that_a_ci_checked_out(scene: Scene, tmp_path: Path) -> None:
    checkout = scene.merge_checkout(tmp_path / "checkout")
    with untouched(checkout):
        found = revision(checkout, "HEAD^1")
        assert (found.commit, found.note) == (scene.id("main"), "fetched from origin")
        assert commit_of(checkout, "HEAD^2") == scene.id("feature")
        assert git(checkout, "rev-list", "--count", "HEAD") == "3"  # no more than was asked for


def test_the_parent_of_a_merge_from_a_server_that_gives_only_what_it_advertises(scene: Scene, tmp_path: Path) -> None:
    checkout = scene.merge_checkout(tmp_path / "checkout")
    git(checkout, "config", "protocol.version", "0")
    assert commit_of(checkout, "HEAD^1", {**ENV, "GITHUB_REF": "refs/pull/7/merge"}) == scene.id("main")


def test_a_shallow_history_is_never_cut(scene: Scene, tmp_path: Path) -> None:
    clone = scene.clone(tmp_path / "clone", "--depth=4", "--branch=main")
    before = git(clone, "rev-list", "HEAD")
    for name in ("feature", "pull/7/merge", "origin/main", "v1", "main~2"):
        commit_of(clone, name)
    assert git(clone, "rev-list", "HEAD").startswith(before)


def test_a_full_clone_stays_full(scene: Scene, tmp_path: Path) -> None:
    clone = scene.clone(tmp_path / "clone", "--single-branch", "--branch=feature", "--no-tags")
    assert commit_of(clone, "main") == scene.id("main")
    assert git(clone, "rev-parse", "--is-shallow-repository") == "false"


def test_what_the_clone_has_takes_no_network(scene: Scene, tmp_path: Path) -> None:
    clone = scene.clone(tmp_path / "clone")
    git(clone, "remote", "set-url", "origin", str(tmp_path / "gone"))
    for name, meant in (("main", "main"), ("feature", "feature"), ("v1", "v1"), (scene.id("main~1")[:8], "main~1")):
        assert commit_of(clone, name) == scene.id(meant)


def test_a_branch_that_a_workspace_of_a_ci_remembers_is_asked_for_again(tmp_path: Path) -> None:
    scene = make_scene(tmp_path)
    clone = scene.clone(tmp_path / "clone", "--branch=feature")
    old, new = scene.id("main"), scene.commit("More", main="more")
    scene.push("main")
    assert commit_of(clone, "main") == old
    with untouched(clone):
        assert commit_of(clone, "main", {**ENV, "CI": "true"}) == new
        assert commit_of(clone, "origin/main~1", {**ENV, "CI": "true"}) == old
    git(clone, "remote", "set-url", "origin", str(tmp_path / "gone"))
    found = resolve(clone, "main", {**ENV, "CI": "true"})
    assert (found.commit, found.note) == (old, "as origin/main was when it was last fetched")


def test_the_tree_as_it_is(scene: Scene, tmp_path: Path) -> None:
    clone = scene.clone(tmp_path / "clone")
    found = revision(clone, ".")
    assert (found.ref, found.commit, found.dirty) == (".", scene.id("main"), False)
    (clone / "deep" / ".perfreg").mkdir(parents=True)
    (clone / "deep" / ".perfreg" / "perfreg.sqlite3").touch()
    assert not revision(clone, ".").dirty, "what perfreg keeps is no change of the project"
    (clone / "new.txt").write_text("not added")
    assert revision(clone, ".").dirty
    (clone / "new.txt").unlink()
    (clone / "main.txt").write_text("changed")
    assert revision(clone, ".").dirty


def test_the_tree_as_it_is_takes_no_repository(tmp_path: Path) -> None:
    env = {**ENV, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    assert resolve(tmp_path, ".", env).commit == ""
    with pytest.raises(RevisionError, match=r"outside of a git repository.*--base-url or --base-cmd"):
        resolve(tmp_path, "main", env)
    git(tmp_path, "init", "--quiet")
    assert resolve(tmp_path, ".", env).commit == ""
    with pytest.raises(RevisionError, match="'HEAD': this repository does not have it, nor a remote"):
        resolve(tmp_path, "HEAD", env)


@pytest.mark.parametrize("name", ["", "-x", "--upload-pack=touch pwned", "-", "main\nx", "main\0", "^main", "x" * 600])
def test_what_is_no_name_is_refused(scene: Scene, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(scene.work, name, ENV)
    assert "names no revision" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "name",
    ["mian", "a..b", "HEAD:main.txt", "HEAD^{tree}", "main~999", "HEAD^3", "deadbeef", "deadbeef" * 5, "refs/heads/*",
     "origin/x:refs/heads/main", "+main", "..", "x y", "$(touch pwned)", "@{upstream", "main.lock",
     "~1", "refs/heads/"],
)  # fmt: skip
def test_what_is_no_commit_is_refused_in_one_line(scene: Scene, shallow: Path, name: str) -> None:
    with untouched(shallow), pytest.raises(RevisionError) as caught:
        resolve(shallow, name, ENV)
    assert repr(name) in str(caught.value)
    assert caught.value.hint
    assert len(str(caught.value).splitlines()) == 1


def test_a_remote_that_does_not_answer(scene: Scene, shallow: Path, tmp_path: Path) -> None:
    git(shallow, "remote", "set-url", "origin", str(tmp_path / "gone"))
    with pytest.raises(RevisionError, match=r"'main': git ls-remote failed: .*git remote -v"):
        resolve(shallow, "main", ENV)
    git(shallow, "remote", "set-url", "origin", "https://user:secret@127.0.0.1:9/x.git")
    with pytest.raises(RevisionError, match="check the network") as caught:
        resolve(shallow, "main", ENV)
    assert "secret" not in str(caught.value)


def test_credentials_of_the_checkout_are_used_and_nobody_is_asked(scene: Scene, shallow: Path) -> None:
    with git_server(scene.remote) as server:
        git(shallow, "remote", "set-url", "origin", server.url)
        with pytest.raises(RevisionError, match="persist-credentials"):
            resolve(shallow, "main", ENV)
        git(shallow, "config", f"http.{server.url}.extraheader", f"Authorization: {basic(TOKEN)}")
        assert commit_of(shallow, "main") == scene.id("main")


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_a_checkout_of_somebody_else_is_an_error_that_says_what_to_do(scene: Scene, shallow: Path) -> None:
    wrapper = shallow.parent / "bin" / "git"  # git's own tests do it with this variable, which perfreg drops
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec "{shutil.which("git")}" "$@"\n')
    wrapper.chmod(0o755)
    env = {**ENV, "PATH": f"{wrapper.parent}{os.pathsep}{ENV['PATH']}"}
    with pytest.raises(RevisionError, match=r"dubious ownership.*safe\.directory"):
        resolve(shallow, "main", env)


def test_where_two_revisions_part(scene: Scene, tmp_path: Path) -> None:
    clone = scene.clone(tmp_path / "clone", "--depth=1", "--no-single-branch")
    with untouched(clone):
        assert merge_base(clone, scene.id("main"), "origin/feature", ENV) == scene.id("feature~1")
    git(clone, "checkout", "--quiet", "--orphan", "other")
    git(clone, "commit", "--quiet", "--message", "Other")
    assert merge_base(clone, "main", "other", ENV) is None
    with pytest.raises(RevisionError, match="no commit is known that both come from"):
        resolve(clone, "main...other", ENV)


def test_commits_that_head_lacks_are_counted(scene: Scene, shallow: Path) -> None:
    names = {name: revision(scene.work, name) for name in ("main", "feature", "merge", "main~1")}
    assert lag(scene.work, names["main"], names["feature"], ENV) == 2
    assert lag(scene.work, names["main"], names["merge"], ENV) == 0
    assert lag(scene.work, names["main~1"], names["main"], ENV) == 0
    assert lag(shallow, revision(shallow, "main"), revision(shallow, "HEAD"), ENV) == 0  # not known
