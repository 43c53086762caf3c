"""Runs one command and writes what the system charged for it: a small process of its own, plain standard library.

A program's peak memory as the kernel counts it starts with that of the process it was forked from. Started by
perfreg itself every command would seem to need perfreg's memory; from here it is some 6 MB: what an empty child is
charged with, which is reported beside it as ``floor``.

Arguments: file descriptor for the result, LC_CTYPE (Python sets one of its own at start), the program's path, then
the command as the program sees it.
The result is one line: wall, user and system seconds, peak and floor as getrusage(2) counts memory, exit status
(negative: the signal).
"""

from __future__ import annotations

import os
import signal
import sys
import time

# A script that ends its process group ("kill 0") must not take the measurement with it.
_SPARED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
# Python ignores these from its start on, and what is ignored stays so in a started program.
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


def _run(path: str, command: list[str], env: dict[str, str]) -> tuple[int, float, float, int]:
    pid = os.fork()
    if pid == 0:
        _become(path, command, env)
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_utime, usage.ru_stime, usage.ru_maxrss


def _become(path: str, command: list[str], env: dict[str, str]) -> None:
    code = 126 if path else 0
    try:
        for number in (*_SPARED, *_IGNORED_BY_PYTHON):
            signal.signal(number, signal.SIG_DFL)
        if path:
            os.execve(path, command, env)  # noqa: S606 - there is no shell here on purpose
    except OSError as error:
        os.write(2, f"{path}: {error.strerror}\n".encode(errors="replace"))
        code = 127 if isinstance(error, FileNotFoundError) else code
    finally:
        os._exit(code)


def main(result: int, locale: str, path: str, command: list[str]) -> None:
    """Run ``command`` and write the line about it to the file descriptor ``result``."""
    os.set_inheritable(result, False)  # noqa: FBT003 - takes it by position only
    for number in _SPARED:
        signal.signal(number, signal.SIG_IGN)
    env = {key: value for key, value in os.environ.items() if key != "LC_CTYPE"}
    if locale:
        env["LC_CTYPE"] = locale
    *_, floor = _run("", [], env)
    start = time.perf_counter()
    code, user, system, peak = _run(path, command, env)
    wall = time.perf_counter() - start
    os.write(result, f"{wall:.9f} {user:.6f} {system:.6f} {peak} {floor} {code}".encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
