"""One execution of a command: what it took, and how it ended."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from perfreg.errors import MeasureError
from perfreg.measure.measured_process import World, how_it_ended, started, tree, wait

_LAUNCHER = Path(__file__).with_name("command_launcher.py")
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
_POLL_S = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """Times in seconds, memory in MB (10^6 bytes), all with the command's own finished children.

    ``exit_code`` is negative for a signal, and None for a command that ran out of time, whose figures mean
    nothing. ``floor`` is the memory that an empty process is charged with: nothing below it can be seen.
    User time, system time and memory are None where the command was too short to be looked at (Windows).
    """

    exit_code: int | None
    wall: float = 0.0
    user: float | None = None
    system: float | None = None
    max_rss: float | None = None
    floor: float = 0.0

    def ending(self) -> str:
        """The end of the command in two words, such as ``exit 3`` or ``timeout``."""
        return "timeout" if self.exit_code is None else how_it_ended(self.exit_code)


def execute(command: Sequence[str] | str, world: World, *, timeout_s: float, tick: Callable[[], object]) -> Execution:
    """Run ``command`` once (a string through the shell), calling ``tick`` now and then; kills it on the deadline."""
    way = _charged if hasattr(os, "wait4") else polled
    return way(command, world, timeout_s=timeout_s, tick=tick)


def _charged(command: Sequence[str] | str, world: World, *, timeout_s: float, tick: Callable[[], object]) -> Execution:
    """As the kernel accounts for it on wait4(2), asked by a small launcher."""
    argv = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
    # Searched for here: in the launcher that would cost memory, which the command is charged for.
    path = argv[0] if os.sep in argv[0] else shutil.which(argv[0], path=world.env.get("PATH", os.defpath))
    if path is None:
        return Execution(exit_code=127)
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as answer:
        try:
            start = [sys.executable, "-I", "-S", str(_LAUNCHER), str(writing), world.env.get("LC_CTYPE", "")]
            launcher = started([*start, path, *argv], world, pass_fds=(writing,))
            with launcher as process:
                if not wait(process, timeout_s, tick):
                    return Execution(exit_code=None)
        finally:
            os.close(writing)
        return _parsed(answer.read())


def _parsed(line: bytes) -> Execution:
    try:
        wall, user, system, peak, floor, code = line.split()
    except ValueError:
        raise MeasureError("the launcher of the command was killed before the command ended") from None
    return Execution(
        exit_code=int(code),
        wall=float(wall),
        user=float(user),
        system=float(system),
        max_rss=int(peak) * _RSS_UNIT / 1e6,
        floor=int(floor) * _RSS_UNIT / 1e6,
    )


def polled(command: Sequence[str] | str, world: World, *, timeout_s: float, tick: Callable[[], object]) -> Execution:
    """By looking at its process tree every 10 ms, where there is no wait4: what happens between looks is missed."""
    seen: dict[int, tuple[float, float]] = {}
    peak = 0
    start = time.perf_counter()
    try:
        with started(command, world) as process:
            while time.perf_counter() - start < timeout_s:
                with suppress(subprocess.TimeoutExpired):
                    code = process.wait(_POLL_S)
                    break
                tick()
                peak = max(peak, _look(process.pid, seen))
            else:
                return Execution(exit_code=None)
            wall = time.perf_counter() - start
    except FileNotFoundError:
        return Execution(exit_code=127)
    except OSError:
        return Execution(exit_code=126)
    if not seen:
        return Execution(exit_code=code, wall=wall)
    user, system = (sum(times) for times in zip(*seen.values(), strict=True))
    return Execution(exit_code=code, wall=wall, user=user, system=system, max_rss=peak / 1e6)


def _look(root: int, seen: dict[int, tuple[float, float]]) -> int:
    """Note the CPU times so far of every process of the tree, and return the memory they hold, in bytes."""
    import psutil

    memory = 0
    for pid in tree(root):
        with suppress(psutil.NoSuchProcess), (process := psutil.Process(pid)).oneshot():
            times = process.cpu_times()
            seen[pid] = (times.user, times.system)
            memory += process.memory_info().rss
    return memory
