"""Shards as files of one directory: links are not followed, and each file is replaced whole or not at all.

A store is a set of records, and so is each of its shards. So a writer that dies between two files leaves a valid store
that has some of the new records, never half of one.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from perfreg.errors import StoreError
from perfreg.store.exchange import Shards, is_shard

# No links, no waiting for the other end of a pipe, no changed line ends; each where the system has such a thing.
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_UNFINISHED = ".unfinished"


def to_text(content: bytes) -> str:
    """``content`` as `Shards` wants it.

    Bytes that are not UTF-8 become escapes that JSON does not know, so that their line is quarantined, not changed.
    """
    text = content.decode("utf-8", "backslashreplace").replace("\r", " ")
    return text if not text or text.endswith("\n") else f"{text}\n"


def to_bytes(text: str) -> bytes:
    """What `to_text` reads as ``text``."""
    return text.encode("utf-8", "backslashreplace")


def checked(shards: Shards) -> Shards:
    """``shards`` without empty ones. Raises ``ValueError`` for other names than a shard's: the edit has a defect."""
    if not all(map(is_shard, shards)):
        raise ValueError(f"an edit may return shards only, not {sorted(shards)}")
    return {name: text for name, text in shards.items() if text}


def read(directory: Path) -> Shards:
    """The shards in ``directory``; none when it does not exist. Raises `StoreError` when one cannot be read."""
    try:
        names = sorted(entry.name for entry in directory.iterdir() if is_shard(entry.name))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise unusable(directory, "read", error) from error
    texts = {name: _read_file(directory / name) for name in names}
    return {name: text for name, text in texts.items() if text}


def write(directory: Path, before: Shards, after: Shards) -> None:
    """Make ``directory``, which holds ``before``, hold ``after``. Raises `StoreError` when it cannot be written."""
    try:
        for name, text in after.items():
            if text != before.get(name):
                _replace(directory / name, to_bytes(text))
        _sync(directory)  # what is new must last before anything old goes
        for name in before.keys() - after.keys():
            (directory / name).unlink(missing_ok=True)
        _sync(directory)
    except OSError as error:
        raise unusable(directory, "written", error) from error


def remove_unfinished(directory: Path) -> None:
    """Remove what killed writers left. For the only writer of ``directory``."""
    for path in directory.glob(f".*{_UNFINISHED}"):
        if is_shard(path.name[1 : -len(_UNFINISHED)]):
            path.unlink(missing_ok=True)


def open_regular(path: Path, flags: int) -> int:
    """A descriptor of the regular file ``path``. Raises `StoreError` when it is a link, a pipe or a directory."""
    if path.is_symlink():
        raise StoreError("is a symbolic link, which perfreg does not follow", where=str(path), hint="remove it")
    descriptor = os.open(path, flags | _SAFELY, 0o666)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise StoreError("is not a regular file", where=str(path), hint="remove it")


def unusable(path: Path, how: str, error: OSError) -> StoreError:
    """The error for a ``path`` that cannot be ``read`` or ``written``."""
    reason = (error.strerror or type(error).__name__).lower()
    hint = "check its permissions and the space left, or name another directory"
    return StoreError(f"cannot be {how}: {reason}", where=str(path), hint=hint)


def _read_file(path: Path) -> str:
    try:
        with os.fdopen(open_regular(path, os.O_RDONLY), "rb") as stream:
            return to_text(stream.read())
    except FileNotFoundError:
        return ""  # pruned since the directory was listed
    except OSError as error:
        raise unusable(path, "read", error) from error


def _replace(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{path.name}{_UNFINISHED}")
    try:
        with os.fdopen(open_regular(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        raise


def _sync(directory: Path) -> None:
    """Make renames in ``directory`` outlast a power cut; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
