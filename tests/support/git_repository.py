"""Real git repositories for tests: a checkout with a remote."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.command_line import environment


def git(directory: Path, *arguments: str) -> str:
    """Run git in ``directory`` as a neutral user; its output."""
    identity = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER")
                for part, value in (("NAME", "Ann"), ("EMAIL", "ann@example.org"))}  # fmt: skip
    neutral = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-C", str(directory), *arguments],
        env={**environment(), **identity, **neutral},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@dataclass(frozen=True)
class Checkout:
    """A clone of a bare repository, on its main branch with one commit."""

    path: Path
    remote: Path

    def commit(self, message: str) -> str:
        """Commit everything, even nothing; the commit's name."""
        git(self.path, "add", "--all")
        git(self.path, "commit", "--quiet", "--allow-empty", "--message", message)
        return git(self.path, "rev-parse", "HEAD")


def make_checkout(directory: Path) -> Checkout:
    """Create a bare repository and a clone of it below ``directory``."""
    remote, path = directory / "remote.git", directory / "checkout"
    directory.mkdir(parents=True, exist_ok=True)
    git(directory, "init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    git(directory, "clone", "--quiet", str(remote), str(path))
    git(path, "checkout", "--quiet", "-B", "main")
    (path / ".gitignore").write_text(".perfreg/\nperf-results/\n__pycache__/\n")
    checkout = Checkout(path=path, remote=remote)
    checkout.commit("Begin")
    git(path, "push", "--quiet", "--set-upstream", "origin", "main")
    return checkout
