"""The directory that a workflow's upload step takes: the whole store or nothing, for the step runs after failures too.

An upload of half a store would become the newest artifact and pass for all of it. So the directory appears and goes by
renaming, and whatever an earlier run on the same machine left goes first.
"""

from __future__ import annotations

from pathlib import Path

from perfreg.errors import StoreError
from perfreg.publish.stores import shard_files
from perfreg.publish.stores.shard_files import unusable
from perfreg.store.exchange import Shards, is_shard

_OURS = ".perfreg-upload"  # hidden, so the upload step leaves it out; without it nothing is removed


def clear(directory: Path) -> None:
    """Make sure that there is nothing to upload. Raises `StoreError` when ``directory`` is somebody else's."""
    leaving, coming = _siblings(directory)
    try:
        for path in (leaving, coming):
            _remove(path)
        if directory.is_symlink() or directory.exists():
            _check(directory)
            directory.rename(leaving)
            _remove(leaving)
    except OSError as error:
        raise unusable(directory, "written", error) from error


def fill(directory: Path, shards: Shards) -> None:
    """Put ``shards`` into ``directory``, which has been cleared."""
    _, coming = _siblings(directory)
    try:
        coming.mkdir(parents=True)
        (coming / _OURS).touch()
        shard_files.write(coming, {}, shards)
        coming.rename(directory)
    except OSError as error:
        raise unusable(directory, "written", error) from error


def _siblings(directory: Path) -> tuple[Path, Path]:
    directory = directory.absolute()
    return directory.with_name(f".{directory.name}.leaving"), directory.with_name(f".{directory.name}.coming")


def _check(directory: Path) -> None:
    names = [] if directory.is_symlink() else sorted(path.name for path in directory.iterdir())
    strangers = [name for name in names if name != _OURS and (not is_shard(name) or _OURS not in names)]
    if directory.is_symlink() or strangers:
        what = f"it has {strangers[0]!r}" if strangers else "it is a symbolic link"
        hint = "name a directory that perfreg may have for itself"
        raise StoreError(f"{what}, so it may not be replaced", where=str(directory), hint=hint)


def _remove(directory: Path) -> None:
    if directory.is_symlink():
        directory.unlink()
    elif directory.is_dir():
        for path in directory.iterdir():
            path.unlink()
        directory.rmdir()
