"""Real repositories for tests: a bare remote with some code, clones of it, and records to store."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from perfreg.publish.stores.backend import Edit
from perfreg.store.exchange import canonical, shards_of, union

BRANCH = "perfreg-data"

ENV: Mapping[str, str] = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}
"""The environment, without what this machine's git is set to."""

_IDENTITY = {
    "GIT_AUTHOR_NAME": "Somebody",
    "GIT_AUTHOR_EMAIL": "somebody@example.org",
    "GIT_COMMITTER_NAME": "Somebody",
    "GIT_COMMITTER_EMAIL": "somebody@example.org",
}


def git(directory: Path, *arguments: str, stdin: bytes = b"") -> str:
    """What git prints in ``directory``, without the last line end. Raises when git fails."""
    done = subprocess.run(
        ("git", *arguments), cwd=directory, env={**ENV, **_IDENTITY}, input=stdin, check=True, capture_output=True
    )
    return done.stdout.decode().removesuffix("\n")


def make_remote(directory: Path, *, object_format: str = "sha1") -> Path:
    """A bare repository ``remote.git`` whose branch main has three commits."""
    remote = directory / "remote.git"
    git(
        directory, "init", "--quiet", "--bare", "--initial-branch=main", f"--object-format={object_format}", str(remote)
    )
    commit = "commit refs/heads/main\ncommitter Somebody <somebody@example.org> 1700000000 +0000\ndata 6\nchange\n"
    code = "M 100644 inline code.py\ndata 9\nprint({})\n\n"
    history = "".join(commit + code.format(number) for number in range(3))
    git(remote, "fast-import", "--quiet", stdin=history.encode())
    return remote


def make_clone(remote: Path, directory: Path, *options: str) -> Path:
    """A clone of ``remote`` at ``directory``, over a transport that can be shallow."""
    git(remote.parent, "clone", "--quiet", *options, f"file://{remote}", str(directory))
    return directory


def commits(remote: Path, branch: str = BRANCH) -> int:
    """The number of commits on a branch."""
    return int(git(remote, "rev-list", "--count", branch))


def files(remote: Path, branch: str = BRANCH) -> dict[str, str]:
    """Mode and object of every path on a branch."""
    entries = git(remote, "ls-tree", "-r", "-z", branch).split("\0")
    return {path: facts for facts, _, path in (entry.partition("\t") for entry in entries if entry)}


def put(remote: Path, entries: str, branch: str = BRANCH, *, tree_of: str = "records") -> None:
    """Make ``branch`` a commit with a folder of these ``git mktree -z`` entries, well-formed or not."""
    folder = git(remote, "mktree", "-z", "--missing", stdin=entries.encode())
    top = git(remote, "mktree", stdin=f"040000 tree {folder}\t{tree_of}\n".encode())
    git(remote, "update-ref", f"refs/heads/{branch}", git(remote, "commit-tree", top, "-m", "by hand"))


def blob(remote: Path, content: bytes) -> str:
    """The object that holds ``content``."""
    return git(remote, "hash-object", "-w", "--stdin", stdin=content)


def state(directory: Path) -> dict[str, str]:
    """Kind, mode, time of change and content of all below ``directory``, ``.git`` included."""
    found = {}
    for path in sorted(directory.rglob("*")):
        facts = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        digest = hashlib.sha256(content).hexdigest()
        found[str(path.relative_to(directory))] = f"{facts.st_mode:o} {facts.st_mtime_ns} {digest}"
    return found


def record(number: int) -> str:
    """A record of November 2026, different for each number."""
    return canonical({"id": f"01a20000-{number:04x}-7000-8000-000000000000", "kind": "run", "v": 1})


def add(*numbers: int) -> Edit:
    """The edit that adds these records."""
    new = shards_of(map(record, numbers))
    return lambda there: union(there, new)


SHARD = next(iter(shards_of([record(0)])))
"""The name of the shard that has all records."""


def stored(*numbers: int) -> dict[str, str]:
    """The shards of a store with these records only."""
    return {SHARD: "".join(f"{record(number)}\n" for number in sorted(numbers))}
