"""Submodules of the trees that are compared, from what a checkout has of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.git_http import TOKEN, basic, git_server
from tests.support.git_scene import git
from tests.support.revision_scene import ENV, Scene, make_scene, read, revision, untouched

from perfreg.errors import RevisionError
from perfreg.measure.revisions import checked_out
from perfreg.measure.revisions.submodules import _absolute

_FILE = ("-c", "protocol.file.allow=always")


@dataclass(frozen=True)
class Nested:
    """A scene whose main has the submodule ``parts/lib``, which has one ``inner``; the branch old has an older lib."""

    scene: Scene
    lib: Scene

    def clone(self, directory: Path, *options: str) -> Path:
        """A clone with its submodules, as a CI makes it."""
        git(self.scene.work, *_FILE, "clone", "--quiet", *options, self.scene.url, str(directory))
        return directory


def make_nested(directory: Path, *, relative: bool) -> Nested:
    scenes = {name: make_scene(directory / name, commits=3) for name in ("inner", "lib", "top")}

    def add(outer: str, inner: str, path: str) -> None:
        url = f"../../{inner}/remote.git" if relative else scenes[inner].url
        git(scenes[outer].work, *_FILE, "submodule", "--quiet", "add", url, path)
        scenes[outer].commit(f"Add {inner}")
        scenes[outer].push("main")

    add("lib", "inner", "inner")
    add("top", "lib", "parts/lib")
    git(scenes["top"].work, *_FILE, "submodule", "--quiet", "update", "--init", "--recursive")
    top, lib = scenes["top"], scenes["lib"]
    git(top.work, "branch", "old")
    lib.commit("Newer", newer="yes")
    lib.push("main")
    git(top.work / "parts" / "lib", "fetch", "--quiet")
    git(top.work / "parts" / "lib", "checkout", "--quiet", "origin/main")
    top.commit("Raise lib")
    top.push("main", "old")
    return Nested(scene=top, lib=lib)


@pytest.fixture(scope="module", params=["relative", "absolute"])
def nested(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Nested:
    return make_nested(tmp_path_factory.mktemp("nested"), relative=request.param == "relative")


def files(clone: Path, ref: str) -> set[str]:
    with checked_out(clone, revision(clone, ref), ENV) as tree:
        return {
            str(path.relative_to(tree))
            for path in (tree / "parts" / "lib").rglob("*.txt")
            if ".git" not in path.relative_to(tree).parts
        }


LIB = {"parts/lib/main.txt", "parts/lib/inner/main.txt"}


@pytest.mark.parametrize("options", [(), ("--depth=1", "--shallow-submodules"), ("--depth=1",)])
def test_submodules_of_submodules_are_there(nested: Nested, tmp_path: Path, options: tuple[str, ...]) -> None:
    clone = nested.clone(tmp_path / "clone", "--recurse-submodules", *options)
    with untouched(clone):
        assert files(clone, "HEAD") == {*LIB, "parts/lib/newer.txt"}
        assert files(clone, "old") == LIB
        assert files(clone, "old") == LIB  # found again
    assert git(clone, "submodule", "status", "--recursive").count("\n") == 1


def test_what_the_checkout_has_takes_no_network(nested: Nested, tmp_path: Path) -> None:
    clone = nested.clone(tmp_path / "clone", "--recurse-submodules")
    for directory in (clone, clone / "parts" / "lib", clone / "parts" / "lib" / "inner"):
        git(directory, "remote", "set-url", "origin", str(tmp_path / "gone"))
    with untouched(clone):
        assert files(clone, "HEAD") == {*LIB, "parts/lib/newer.txt"}
        assert files(clone, "origin/old") == LIB


def test_what_the_checkout_has_left_out_is_left_out(nested: Nested, tmp_path: Path) -> None:
    clone = nested.clone(tmp_path / "clone")
    with untouched(clone):
        assert files(clone, "HEAD") == set()
    git(clone, *_FILE, "submodule", "--quiet", "update", "--init")
    with untouched(clone):
        assert files(clone, "HEAD") == {"parts/lib/main.txt", "parts/lib/newer.txt"}


def test_what_the_checkout_does_not_know_is_fetched(nested: Nested, tmp_path: Path) -> None:
    clone = nested.clone(tmp_path / "clone", "--branch=main")
    git(clone, "checkout", "--quiet", "-b", "without")
    git(clone, "rm", "--quiet", "parts/lib", ".gitmodules")
    git(clone, "commit", "--quiet", "--message", "Remove lib")
    with untouched(clone):
        assert files(clone, "main") == {*LIB, "parts/lib/newer.txt"}


def test_a_work_tree_of_the_user_with_submodules(nested: Nested, tmp_path: Path) -> None:
    clone = nested.clone(tmp_path / "clone")
    git(clone, "worktree", "add", "--quiet", "--detach", str(tmp_path / "second"))
    git(tmp_path / "second", *_FILE, "submodule", "--quiet", "update", "--init", "--recursive")
    assert files(tmp_path / "second", "HEAD") == {*LIB, "parts/lib/newer.txt"}


def test_a_submodule_that_cannot_be_had_is_an_error_and_leaves_nothing(nested: Nested, tmp_path: Path) -> None:
    clone = nested.clone(tmp_path / "clone", "--recurse-submodules", "--depth=1", "--shallow-submodules")
    git(clone / "parts" / "lib", "remote", "set-url", "origin", str(tmp_path / "gone"))
    with untouched(clone):
        with pytest.raises(RevisionError, match=r"submodule 'parts/lib': .*git submodule update --init") as caught:
            read(clone, "old", "main.txt")
        assert len(str(caught.value).splitlines()) == 1
        assert git(clone, "worktree", "list", "--porcelain").count("worktree ") == 1


def test_a_remote_repository_names_no_repository_of_this_machine(nested: Nested, tmp_path: Path) -> None:
    clone = nested.clone(tmp_path / "clone")
    git(clone, "rm", "--quiet", "--cached", "parts/lib")
    git(clone, "commit", "--quiet", "--message", "Remove lib")
    with git_server(nested.scene.remote) as server:
        git(clone, "remote", "set-url", "origin", server.url)
        git(clone, "config", f"http.{server.url}.extraheader", f"Authorization: {basic(TOKEN)}")
        modules = f'[submodule "parts/lib"]\n\tpath = parts/lib\n\turl = {nested.lib.url}\n'
        (clone / ".gitmodules").write_text(modules)
        commit = nested.lib.id("main")
        git(clone, "update-index", "--add", "--cacheinfo", f"160000,{commit},parts/lib")
        git(clone, "add", ".gitmodules")
        git(clone, "commit", "--quiet", "--message", "Hostile")
        git(clone, "branch", "hostile")
        git(clone, "reset", "--quiet", "--hard", "HEAD~1")
        with pytest.raises(RevisionError, match="transport 'file' not allowed"):
            read(clone, "hostile", "main.txt")


@pytest.mark.parametrize("name", ["../../escape", "a/../../b", "..", "a\\..\\..\\b"])
def test_names_that_lead_out_are_overlooked(nested: Nested, tmp_path: Path, name: str) -> None:
    clone = nested.clone(tmp_path / "clone")
    modules = (clone / ".gitmodules").read_text().replace('"parts/lib"', f'"{name}"'.replace("\\", "\\\\"))
    (clone / ".gitmodules").write_text(modules)
    git(clone, "commit", "--quiet", "--all", "--message", "Hostile")
    git(clone, "branch", "hostile")
    git(clone, "rm", "--quiet", "--cached", "parts/lib")
    git(clone, "commit", "--quiet", "--message", "Remove lib")
    assert files(clone, "hostile") == set()


@pytest.mark.parametrize(
    ("parent", "url", "meant"),
    [
        ("https://host/org/app.git", "../lib.git", "https://host/org/lib.git"),
        ("https://host/org/app.git/", "../../other/lib", "https://host/other/lib"),
        ("git@host:org/app.git", "../lib.git", "git@host:org/lib.git"),
        ("git@host:app.git", "../lib.git", "git@host:lib.git"),
        ("/srv/app", "./lib", "/srv/app/lib"),
        ("/srv/app", "https://host/lib", "https://host/lib"),
        ("https://host/org/app", "/srv/lib", "/srv/lib"),
    ],
)
def test_relative_addresses(parent: str, url: str, meant: str) -> None:
    assert _absolute(parent, url) == meant
