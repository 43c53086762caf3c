"""What a tree looked like, so that it can be told whether it still does, and what has come in since."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

Snapshot = Mapping[str, str]
"""Kind, size and time of change of all that is in a tree, by its path there; the deepest last."""

_GIT = ".git"
_DIRECTORY = "directory"


def snapshot(tree: Path) -> dict[str, str]:
    """What is below ``tree``, but git's own. Links are not followed."""
    return dict(_entries(tree, ""))


def restore(tree: Path, before: Snapshot) -> bool:
    """Remove what was not there ``before``; whether the tree is then as it was. Raises ``OSError``."""
    now = snapshot(tree)
    for name in reversed([name for name in now if name not in before]):
        if now[name] == _DIRECTORY:
            (tree / name).rmdir()
        else:
            (tree / name).unlink()
    return all(now.get(name) == facts for name, facts in before.items())


def _entries(tree: Path, directory: str) -> Iterator[tuple[str, str]]:
    with os.scandir(tree / directory) as entries:
        for entry in entries:
            if entry.name == _GIT:
                continue
            name = f"{directory}/{entry.name}" if directory else entry.name
            if entry.is_dir(follow_symlinks=False):
                yield name, _DIRECTORY
                yield from _entries(tree, name)
            else:
                yield name, _facts(entry.stat(follow_symlinks=False))


def _facts(found: os.stat_result) -> str:
    return f"{stat.S_IFMT(found.st_mode):o} {found.st_mode & 0o111:o} {found.st_size} {found.st_mtime_ns}"
