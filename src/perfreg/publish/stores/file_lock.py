"""A lock between processes, kept by the operating system: it goes with its holder, however that one dies.

The file stays when nobody holds the lock; removing it would let two writers lock two files of one name. It names the
last holder, for the message of those who wait in vain.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from perfreg.errors import StoreError
from perfreg.publish.stores.backoff import Backoff
from perfreg.publish.stores.shard_files import open_regular

_HOLDER = re.compile(r"process \d{1,10} on [\w.-]{1,100}")
_POLL = Backoff(first_s=0.01, longest_s=0.1)

if sys.platform == "win32":
    import msvcrt

    _BEYOND = 1 << 30  # a locked byte cannot be read, so the lock lies behind the name of its holder

    def _try_lock(descriptor: int) -> None:
        os.lseek(descriptor, _BEYOND, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    _TAKEN: tuple[type[OSError], ...] = (PermissionError,)
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    _TAKEN = (BlockingIOError,)


@contextmanager
def locked(path: Path, time_limit_s: float, *, create: bool = True) -> Iterator[None]:
    """Hold the lock ``path``.

    Raises ``OSError`` when the file cannot be opened or locked at all, `StoreError` naming the holder when it is still
    held after ``time_limit_s`` seconds.
    """
    descriptor = open_regular(path, os.O_RDWR | (os.O_CREAT if create else 0))
    try:
        _wait(descriptor, path, time_limit_s)
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())
        yield
    finally:
        os.close(descriptor)


def _wait(descriptor: int, path: Path, time_limit_s: float) -> None:
    deadline = time.monotonic() + time_limit_s
    attempt = 0
    while True:
        attempt += 1
        try:
            _try_lock(descriptor)
        except _TAKEN as error:
            if time.monotonic() >= deadline:
                message = f"the store has been locked for {time_limit_s:g} s by {_holder(descriptor)}"
                hint = "wait for it or end it; the lock goes with it, the file may stay"
                raise StoreError(message, where=str(path), hint=hint) from error
            time.sleep(_POLL.pause_s(attempt))
        else:
            return


def _holder(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    found = _HOLDER.match(os.read(descriptor, 200).decode("utf-8", "replace"))
    return found[0] if found else "another process"
