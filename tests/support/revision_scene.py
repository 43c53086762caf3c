"""Repositories whose revisions are compared: a remote with a merged branch, and clones that lack most of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from perfreg.measure.revisions import Revision, checked_out, forget, resolve
from tests.support.git_scene import ENV as _CLEAN
from tests.support.git_scene import git, state

ENV: Mapping[str, str] = {
    name: value for name, value in _CLEAN.items() if name not in ("CI", "TF_BUILD", "JENKINS_URL")
}
"""An environment without a CI, and without what this machine's git is set to."""


@dataclass(frozen=True)
class Scene:
    """A bare ``remote``, made by a ``work`` clone: ``main`` has commits, ``feature`` branches off and is merged
    into ``refs/pull/7/merge``; ``v1`` is an annotated tag of the first commit."""

    remote: Path
    work: Path

    @property
    def url(self) -> str:
        """The remote over a transport that can be shallow."""
        return self.remote.as_uri()

    def commit(self, message: str, **files: str) -> str:
        """Commit ``files`` (without their ``.txt``) in ``work``; its id."""
        for name, text in files.items():
            (self.work / f"{name}.txt").write_text(text)
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", "--allow-empty", "--message", message)
        return git(self.work, "rev-parse", "HEAD")

    def push(self, *specs: str) -> None:
        git(self.work, "push", "--quiet", "--force", "origin", *specs)

    def id(self, name: str) -> str:
        """The commit that ``name`` is in the work clone, which has everything."""
        return git(self.work, "rev-parse", f"{name}^{{commit}}")

    def clone(self, directory: Path, *options: str) -> Path:
        git(self.work, "clone", "--quiet", *options, self.url, str(directory))
        return directory

    def merge_checkout(self, directory: Path) -> Path:
        """What a CI checks out for a pull request: the merge at depth 1, no branch."""
        directory.mkdir()
        git(directory, "init", "--quiet", "--initial-branch=main")
        git(directory, "remote", "add", "origin", self.url)
        merge = "+refs/pull/7/merge:refs/remotes/pull/7/merge"
        git(directory, "fetch", "--quiet", "--no-tags", "--depth=1", "origin", merge)
        git(directory, "checkout", "--quiet", "--force", "refs/remotes/pull/7/merge")
        return directory


def make_scene(directory: Path, *, commits: int = 6) -> Scene:
    """A scene below ``directory``; file ``main.txt`` counts the commits of main."""
    remote, work = directory / "remote.git", directory / "work"
    directory.mkdir(parents=True, exist_ok=True)
    git(directory, "init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    git(directory, "clone", "--quiet", str(remote), str(work))
    git(work, "checkout", "--quiet", "-B", "main")
    scene = Scene(remote=remote, work=work)
    for number in range(commits):
        scene.commit(f"Main {number}", main=str(number))
        if number == 0:
            git(work, "tag", "--annotate", "--message", "First", "v1")
    git(work, "branch", "feature", "HEAD~2")
    git(work, "checkout", "--quiet", "feature")
    scene.commit("Feature", feature="yes")
    git(work, "checkout", "--quiet", "--detach", "main")
    git(work, "merge", "--quiet", "--no-ff", "--message", "Merge", "feature")
    scene.push("main", "feature", "v1", "HEAD:refs/pull/7/merge")
    git(work, "tag", "merge")
    git(work, "checkout", "--quiet", "main")
    return scene


def visible(clone: Path) -> dict[str, str]:
    """All of a clone that its user sees: files, index, references, configuration; neither objects nor our own."""
    ours = {".perfreg", "objects", "worktrees", "perfreg.lock", "shallow", "packed-refs"}
    kept = {
        name: " ".join(facts.split()[::2])
        for name, facts in state(clone).items()
        if not ours & set(Path(name).parts) and (clone / name).is_file()
    }
    return kept | {"refs": git(clone, "for-each-ref"), "status": git(clone, "status", "--porcelain=v2", "--branch")}


@contextmanager
def untouched(clone: Path) -> Iterator[None]:
    """Check that what happens in the block leaves the user's repository as it was, once the work trees are gone."""
    before = visible(clone)
    yield
    forget(clone, ENV)
    assert visible(clone) == before
    assert git(clone, "worktree", "list", "--porcelain").count("worktree ") == 1
    assert not any((clone / ".git" / "worktrees").glob("*"))


def read(clone: Path, ref: str, name: str, env: Mapping[str, str] = ENV) -> str:
    """The content of a file in a revision as `checked_out` has it."""
    with checked_out(clone, resolve(clone, ref, env), env) as tree:
        return (tree / name).read_text()


def commit_of(clone: Path, ref: str, env: Mapping[str, str] = ENV) -> str:
    """The commit that a name is resolved to."""
    return resolve(clone, ref, env).commit


def revision(clone: Path, ref: str) -> Revision:
    """The revision that a name means, in a plain environment."""
    return resolve(clone, ref, ENV)
