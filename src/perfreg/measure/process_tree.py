"""Every process of a service, however it was forked: found by descent and by a mark in its environment."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil

KILL_PATIENCE = 10.0
"""Seconds that killing is repeated before the survivors are given up on."""


class ProcessTree:
    """The processes that descend from ``root`` or carry the environment variable ``mark``; ``root`` is not one.

    The mark finds what has cut its descent (double fork, dead parents), descent what has cleared its environment.
    """

    def __init__(self, root: int, mark: str) -> None:
        self.root = root
        self.mark = mark
        self._witness: psutil.Process | None = None

    def descendants(self) -> list[psutil.Process]:
        """The living processes below ``root``."""
        return [process for process in _children(self.root) if _lives(process)]

    def members(self) -> list[psutil.Process]:
        """The living processes of the tree."""
        found = {process.pid: process for process in _children(self.root)}
        for process in psutil.process_iter():
            if process.pid not in found and process.pid != self.root and self._marks(process):
                found[process.pid] = process
                found.update((child.pid, child) for child in _children(process.pid))
        return [process for process in found.values() if _lives(process)]

    def is_alive(self) -> bool:
        """Whether any member lives. Remembers one, so asking often is cheap."""
        if self._witness is None or not _lives(self._witness):
            self._witness = next(iter(self.members()), None)
        return self._witness is not None

    def terminate(self, grace: float) -> list[int]:
        """Ask all members to end, kill those that live after ``grace`` seconds, and return who survived even that."""
        for process in self.members():
            with suppress(psutil.Error):  # gone already, or not ours to signal: then it is among the survivors
                process.terminate()
        left = self._wait(grace)
        deadline = time.monotonic() + KILL_PATIENCE
        while left and time.monotonic() < deadline:
            for process in left:
                with suppress(psutil.Error):
                    process.kill()
            left = self._wait(0.2)  # and look again: a fork may have slipped through
        return [process.pid for process in left]

    def _wait(self, seconds: float) -> list[psutil.Process]:
        """The members that live when ``seconds`` are over, or none as soon as there is none."""
        deadline, pause = time.monotonic() + seconds, 0.005
        while (left := self.members()) and time.monotonic() < deadline:
            time.sleep(min(pause, max(deadline - time.monotonic(), 0)))
            pause = min(pause * 1.5, 0.1)
        return left

    def _marks(self, process: psutil.Process) -> bool:
        try:
            return self.mark in process.environ()
        except (psutil.Error, OSError):  # another user's process, or one that is just ending
            return False


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
