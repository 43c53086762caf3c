"""Processes that are measured: listed with their descendants, started apart, and ended without a trace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from perfreg.errors import MeasureError
from perfreg.measure.shell import own_group
from perfreg.measure.supervised import new_mark

TICK_S = 0.2
"""How often a wait looks up."""


def tree(pid: int) -> list[int]:
    """A living process and its descendants, parents first; empty when it has ended."""
    import psutil

    try:
        root = psutil.Process(pid)
        if root.status() == psutil.STATUS_ZOMBIE:
            return []
        return [pid, *(child.pid for child in root.children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def named(name: str) -> list[int]:
    """Every living process called ``name`` (``.exe`` may be left out) with its descendants, but not ourselves."""
    import psutil

    wanted = (name, f"{name}.exe")
    processes = psutil.process_iter(["name"])
    roots = [process.pid for process in processes if process.info["name"] in wanted and process.pid != os.getpid()]
    return list(dict.fromkeys(pid for root in roots for pid in tree(root)))


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a process is started in: its directory, its whole environment, and the file its output goes to."""

    directory: Path
    env: Mapping[str, str] = field(repr=False)  # may hold secrets
    log: IO[bytes]


@contextmanager
def started(
    command: Sequence[str] | str, world: World, *, pass_fds: Sequence[int] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own session, without input; a string goes through the shell.

    Nothing that it started survives the end of the block. Raises `OSError` when it cannot be started.
    """
    mark = new_mark()
    process = subprocess.Popen(
        command,
        shell=isinstance(command, str),
        cwd=world.directory,
        env={**world.env, mark: "1"},
        stdin=subprocess.DEVNULL,
        stdout=world.log,
        stderr=subprocess.STDOUT,
        pass_fds=pass_fds,
        **own_group(),
    )
    try:
        yield process
    finally:
        _end(process, mark)


def wait(process: subprocess.Popen[bytes], timeout_s: float, tick: Callable[[], object]) -> bool:
    """Wait for the end of ``process``, calling ``tick`` now and then; False when the time is over first."""
    deadline = time.monotonic() + timeout_s
    while (left := deadline - time.monotonic()) > 0:
        with suppress(subprocess.TimeoutExpired):
            process.wait(min(TICK_S, left))
            return True
        tick()
    return process.poll() is not None


def how_it_ended(code: int) -> str:
    """An exit code (negative for a signal) in two words, such as ``exit 3`` or ``signal SIGSEGV``."""
    if code >= 0:
        return f"exit {code}"
    known = {int(number): number.name for number in signal.Signals}
    return f"signal {known.get(-code, -code)}"


def _end(process: subprocess.Popen[bytes], mark: str) -> None:
    from perfreg.measure.process_tree import ProcessTree

    # The root goes last: while it lives its descendants are known to be its own.
    left = ProcessTree(process.pid, mark).terminate(0)
    process.kill()
    if sys.platform != "win32":  # orphans that have cleared their environment; macOS refuses a group of zombies
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if left:
        raise MeasureError(f"processes {', '.join(map(str, left))} of the command could not be stopped")
