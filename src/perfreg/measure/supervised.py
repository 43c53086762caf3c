"""Our end of the supervisor: a shell command whose process tree is stopped whatever happens to us."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast, final

import perfreg
from perfreg.errors import ServiceError
from perfreg.measure.service_log import tail
from perfreg.measure.shell import own_group
from perfreg.measure.supervisor import Request

_SLACK = 20.0
"""Seconds beyond the command's own that its supervisor gets to kill the tree and to end."""


def new_mark() -> str:
    """A name for the environment variable that marks a process tree, unlike any other."""
    return f"_PERFREG_{secrets.token_hex(8).upper()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A shell command, where and with which environment it runs, and how it is stopped.

    ``forks``: it lives on while processes that it started do, although it has exited with 0 itself.
    ``where`` is the configuration key it comes from.
    """

    line: str
    where: str
    directory: Path
    env: Mapping[str, str] = field(repr=False)  # may hold secrets
    forks: bool = False
    stop: str | None = None
    stop_timeout: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a command ended: its exit code (negative for a signal), or None when nobody saw it end by itself.

    ``left`` are processes of its tree that could not be killed.
    """

    exit_code: int | None = None
    left: tuple[int, ...] = ()


@final
class Supervised:
    """A running command. A context manager: leaving it stops the whole process tree."""

    def __init__(self, command: Command, *, log: Path) -> None:
        """Start ``command`` with its output in a new file ``log``; raise `ServiceError` when that cannot be."""
        self.mark = new_mark()
        self.env = {**command.env, self.mark: "1"}
        self._command, self._log = command, log
        self._ending: Ending | None = None
        self._process = _spawn_supervisor(command, log)
        self._lifeline = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)
        self._root = self._process.pid
        self._adopts = False
        self.pid = 0
        try:
            self._begin()
        except BaseException:
            self.stop()
            raise

    def poll(self) -> Ending | None:
        """How the command ended by itself, or None while it runs. Costs one system call."""
        if self._ending is None and self._process.poll() is not None:
            self._ending = self._read_ending()
        return self._ending

    def wait(self, timeout: float) -> Ending | None:
        """`poll`, after at most ``timeout`` seconds of waiting for the end."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        return self.poll()

    def process_ids(self) -> list[int]:
        """Every living process of the command, however it was forked."""
        from perfreg.measure.process_tree import ProcessTree

        tree = ProcessTree(self._root, self.mark)
        members = tree.descendants() if self._adopts and self._process.poll() is None else tree.members()
        return [process.pid for process in members]

    def stop(self) -> None:
        """Stop the whole process tree; a second call does nothing. Raise `ServiceError` when a process survives."""
        if self._lifeline.closed:
            return
        with suppress(BrokenPipeError):  # the supervisor may have ended before us
            self._lifeline.close()
        budget = 2 * max(self._command.stop_timeout, 1.0) + _SLACK
        ending = self.wait(budget)
        if ending is None:
            self._process.kill()
            ending = self.wait(_SLACK)
        self._answers.close()
        left = ending.left if ending else ()
        if left:
            raise ServiceError(
                f"processes {', '.join(map(str, left))} of the command could not be stopped",
                where=self._command.where,
                hint="they may belong to another user; stop them by hand",
            )

    def __enter__(self) -> Supervised:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _begin(self) -> None:
        request: Request = {
            "command": self._command.line,
            "directory": str(self._command.directory),
            "env": self.env,
            "mark": self.mark,
            "forks": self._command.forks,
            "stop": self._command.stop,
            "stop_timeout": self._command.stop_timeout,
        }
        with suppress(BrokenPipeError):  # a supervisor that has ended gives no answer
            self._lifeline.write(json.dumps(request).encode() + b"\n")
            self._lifeline.flush()
        answer = self._read()
        if "pid" not in answer:
            raise ServiceError(
                f"the command could not be started: {answer.get('error', 'its supervisor ended')}",
                where=self._command.where,
                log_tail=tail(self._log),
            )
        self.pid, self._root, self._adopts = answer["pid"], answer["supervisor"], answer["adopts"]

    def _read(self) -> dict[str, Any]:
        line = self._answers.readline()
        return cast("dict[str, Any]", json.loads(line)) if line.endswith(b"\n") else {}

    def _read_ending(self) -> Ending:
        answer = self._read()
        if answer:
            return Ending(exit_code=answer.get("exit_code"), left=tuple(answer.get("left", ())))
        from perfreg.measure.process_tree import ProcessTree  # the supervisor was killed: its work is ours now

        return Ending(left=tuple(ProcessTree(self._root, self.mark).terminate(0)))


def _spawn_supervisor(command: Command, log: Path) -> subprocess.Popen[bytes]:
    if not command.directory.is_dir():
        raise ServiceError(
            f"the directory {str(command.directory)!r} does not exist",
            where="service.directory",
            hint="it is relative to the configuration file",
        )
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")
        with log.open("ab") as file:
            return subprocess.Popen(
                [sys.executable, "-m", "perfreg.measure.supervisor"],
                cwd=Path(perfreg.__file__).parents[1],  # where -m finds the package, however we found it
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                **own_group(),
            )
    except OSError as error:
        raise ServiceError(f"the log cannot be written: {error.strerror}", where=str(log)) from error
