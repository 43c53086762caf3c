"""Locks between processes, kept by the operating system: a lock goes with its holder, however that one dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from perfreg.errors import RevisionError

_PAUSE_S = 0.05

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A lock that is held. Children that keep ``descriptor`` open hold it too."""

    path: Path
    descriptor: int

    def release(self, *, remove: bool = False) -> None:
        """Let others have it, and leave no file when it is not to be used again."""
        if remove:
            with suppress(OSError):  # Windows removes no open file
                self.path.unlink()
        os.close(self.descriptor)


def try_lock(path: Path) -> Lock | None:
    """The lock ``path``, or None while somebody holds it. Raises ``OSError`` when there can be no such file."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            _take(descriptor)
            is_current = _same(descriptor, path)
        except (BlockingIOError, PermissionError):
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        if is_current:
            return Lock(path=path, descriptor=descriptor)
        os.close(descriptor)  # its last holder has removed it: who comes next would lock a new file


@contextmanager
def waiting_lock(path: Path, *, seconds: float) -> Iterator[Lock]:
    """Hold the lock ``path`` once it is free. Raises `RevisionError` when it is not after ``seconds``."""
    deadline = time.monotonic() + seconds
    while (lock := try_lock(path)) is None:
        if time.monotonic() >= deadline:
            hint = "wait for it or end it; the lock goes with it, the file may stay"
            raise RevisionError(f"another perfreg has held the lock for {seconds:g} s", where=str(path), hint=hint)
        time.sleep(_PAUSE_S)
    try:
        yield lock
    finally:
        lock.release()


def _same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
