"""The repository that a directory lies in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perfreg.errors import RevisionError
from perfreg.measure.revisions.git import Git, GitError, git_environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """The repository around a directory.

    ``top`` is its work tree, ``common`` the directory that all of its work trees share, ``own`` the one of this work
    tree alone, ``prefix`` the way from ``top`` to the directory. ``git`` runs in ``top``.
    """

    git: Git
    top: Path
    common: Path
    own: Path
    prefix: Path

    def commit(self, name: str) -> str:
        """The full id of the commit that git knows by this name; empty when it knows none."""
        return self.git.query("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")

    def parents(self, commit: str) -> tuple[str, ...]:
        """The ids of the parents that a commit names, also where the history that is here ends with it."""
        head, _, _ = self.git.query("cat-file", "commit", commit).partition("\n\n")
        return tuple(line.removeprefix("parent ") for line in head.splitlines() if line.startswith("parent "))

    def is_shallow(self) -> bool:
        """Whether the history ends where it does not begin."""
        return self.git.query("rev-parse", "--is-shallow-repository") == "true"


def repository(directory: Path, env: Mapping[str, str]) -> Repository:
    """The repository that ``directory`` lies in. Raises `RevisionError` when it lies in none that git may use."""
    git = Git(directory=directory, env=git_environment(env))
    try:
        lines = git.run("rev-parse", "--show-prefix", "--git-common-dir", "--git-dir", "--show-toplevel").split("\n", 3)
    except GitError as error:
        if "not a git repository" not in error.output and "must be run in a work tree" not in error.output:
            raise
        raise RevisionError(
            "there are no revisions to compare outside of a git repository",
            where=str(directory),
            hint="run perfreg in a checkout, or compare what runs already with --base-url or --base-cmd",
        ) from error
    prefix, common, own, top = lines
    here = directory.resolve()
    return Repository(
        git=git.at(Path(top)), top=Path(top), common=(here / common).resolve(), own=(here / own).resolve(),
        prefix=Path(prefix),
    )  # fmt: skip
