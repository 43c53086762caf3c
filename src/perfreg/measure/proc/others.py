"""The processor time of processes that have nothing to do with what is measured."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from perfreg.measure.proc.files import read
from perfreg.measure.proc.text import ProcessStat, process_stat

_SERVERS = frozenset(
    {
        *(b"postgres", b"mysqld", b"mariadbd", b"mongod", b"redis-server", b"valkey-server", b"memcached"),
        *(b"dockerd", b"containerd", b"containerd-shim", b"docker-proxy"),
    }
)
"""What a service works with is part of it, although nobody says so: databases beside it, and what carries its words.
The kernel cuts names after 15 characters."""


def others_ticks(root: Path, own: int) -> int | None:
    """Clock ticks used so far, by every process that can be seen and by its ended children.

    Left out are the process ``own`` and its descendants, threads of the kernel, which work for others, and servers
    that services use. None where no process can be seen.
    """
    seen = _processes(root / "proc")
    if own not in seen:
        return None
    return sum(
        each.own + each.inherited
        for pid, each in seen.items()
        if not each.kernel and each.name not in _SERVERS and not _descends(pid, own, seen)
    )


def _processes(proc: Path) -> dict[int, ProcessStat]:
    try:
        pids = [int(name) for name in os.listdir(proc) if name.isdecimal()]  # noqa: PTH208 - names are all we need
    except OSError:
        return {}
    found: dict[int, ProcessStat] = {}
    for pid in pids:
        try:
            found[pid] = process_stat(read(f"{proc}/{pid}/stat"))
        except (OSError, ValueError):
            continue  # it has ended meanwhile
    return found


def _descends(pid: int, ancestor: int, seen: Mapping[int, ProcessStat]) -> bool:
    """Whether ``pid`` is ``ancestor`` or below it; parents that change while they are read must not lead in circles."""
    for _ in range(len(seen)):
        if pid == ancestor:
            return True
        if pid not in seen:
            return False
        pid = seen[pid].parent
    return False
