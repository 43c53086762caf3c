"""A small process between perfreg and a command of the user that stops the command's process tree in every case.

Its standard input is a lifeline: one line of JSON (the request), then nothing until it ends. It ends when perfreg
asks for the stop and also when perfreg crashes or is killed, because the kernel closes it. Standard output carries one
line when the command has started and one when all is over; standard error is the log, shared with the command.

On Linux it adopts orphans, so that processes that daemonize stay among its descendants and are reaped.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from perfreg.measure.shell import spawn

if TYPE_CHECKING:
    from perfreg.measure.process_tree import ProcessTree

_PR_SET_CHILD_SUBREAPER = 36
_POLL = 0.5

Event = Literal["stop", "child"]


class Request(TypedDict):
    """What to run: shell commands, their whole environment, and the variable of it that marks the processes.

    With ``forks``, a command that exits with 0 lives on while processes of its tree do.
    """

    command: str
    directory: str
    env: dict[str, str]
    mark: str
    forks: bool
    stop: str | None
    stop_timeout: float


def main() -> None:
    """Run one request from standard input to its end."""
    parent = os.getppid()
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        return  # perfreg died before it could ask
    request: Request = json.loads(line)
    events: SimpleQueue[Event] = SimpleQueue()  # its put() is safe in signal handlers, unlike threading.Event
    _listen(events)
    adopts = _adopt_orphans()
    try:
        child = _run(request, request["command"])
    except (OSError, ValueError) as error:
        _say(error=str(error))
        return
    _say(pid=child.pid, supervisor=os.getpid(), adopts=adopts)
    from perfreg.measure.process_tree import ProcessTree  # loading psutil must not delay the start

    tree = ProcessTree(os.getpid(), request["mark"])
    lives_on = _has_children if adopts else tree.is_alive
    while (exit_code := _exit_code(child, lives_on, forks=request["forks"])) is None:
        if _told_to_stop(events, parent):
            break
    left = _stop(request, tree) if exit_code is None else tree.terminate(0)
    _reap(child)
    _say(exit_code=exit_code, left=left)


def _listen(events: SimpleQueue[Event]) -> None:
    def lifeline() -> None:
        while os.read(0, 64):
            pass
        events.put("stop")

    threading.Thread(target=lifeline, daemon=True).start()
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: events.put("stop"))
    if sys.platform != "win32":
        signal.signal(signal.SIGCHLD, lambda *_: events.put("child"))


def _adopt_orphans() -> bool:
    if sys.platform != "linux":
        return False
    try:
        import ctypes

        return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):  # a Python or libc without it: the mark still finds them
        return False


def _exit_code(child: subprocess.Popen[bytes], lives_on: Callable[[], bool], *, forks: bool) -> int | None:
    """The exit code of the command once it has ended, with all that it forked if that counts."""
    exit_code = _reap(child)
    return None if forks and exit_code == 0 and lives_on() else exit_code


def _has_children() -> bool:
    """Whether any process is left. Only the kernel knows for sure: who looks at one process after the other misses
    one that is forked meanwhile, and daemons fork just when their parents' ends make us look."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _told_to_stop(events: SimpleQueue[Event], parent: int) -> bool:
    """Wait for something to happen, not for long, and say whether it means to stop."""
    try:
        return events.get(timeout=_POLL) == "stop"
    except Empty:
        # A fork of perfreg may hold the lifeline open after its death; but then we have got a new parent.
        return os.getppid() != parent


def _reap(child: subprocess.Popen[bytes]) -> int | None:
    """The exit code of ``child`` once it has ended. Collects adopted orphans on the way."""
    if sys.platform == "win32":
        return child.poll()
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == child.pid:
                child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode


def _stop(request: Request, tree: ProcessTree) -> list[int]:
    if request["stop"] is not None:
        trouble = _ask_to_stop(request, request["stop"])
        if trouble:
            os.write(2, f"perfreg: the stop command {trouble}\n".encode())
    return tree.terminate(request["stop_timeout"])


def _ask_to_stop(request: Request, line: str) -> str:
    """Run the stop command and return what went wrong with it."""
    try:
        code = _run(request, line).wait(max(request["stop_timeout"], 1.0))
    except subprocess.TimeoutExpired:
        return "did not end in time"
    except OSError as error:
        return f"could not be run: {error}"
    return f"ended with exit code {code}" if code else ""


def _run(request: Request, line: str) -> subprocess.Popen[bytes]:
    return spawn(line, directory=request["directory"], env=request["env"], output=2)


def _say(**facts: Any) -> None:
    with suppress(OSError):  # nobody listens any more: the tree must be stopped all the same
        os.write(1, json.dumps(facts).encode() + b"\n")


if __name__ == "__main__":
    main()
