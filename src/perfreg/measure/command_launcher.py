"""Runs one command and writes what the system charged for it: a small process of its own, plain standard library.

A program's peak memory as the kernel counts it starts with that of the process it was forked from. Started by
perfreg itself every command would seem to need perfreg's memory; started from here it is about 5 MB at most, and
what an empty child is charged is reported beside it (``floor``).

Arguments: file descriptor for the result, LC_CTYPE (Python sets one of its own at start), then the command.
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


def _run(command: list[str], env: dict[str, str]) -> tuple[int, os.struct_rusage]:
    pid = os.fork()
    if pid == 0:
        _become(command, env)
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), usage


def _become(command: list[str], env: dict[str, str]) -> None:
    code = 126 if command else 0
    try:
        for number in (*_SPARED, *_IGNORED_BY_PYTHON):
            signal.signal(number, signal.SIG_DFL)
        if command:
            os.execvpe(command[0], command, env)  # noqa: S606 - there is no shell here on purpose
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode(errors="replace"))
        code = 127 if isinstance(error, FileNotFoundError) else code
    finally:
        os._exit(code)


def main(result: int, locale: str, command: list[str]) -> None:
    """Run ``command`` and write the line about it to the file descriptor ``result``."""
    os.set_inheritable(result, False)
    for number in _SPARED:
        signal.signal(number, signal.SIG_IGN)
    env = {key: value for key, value in os.environ.items() if key != "LC_CTYPE"}
    if locale:
        env["LC_CTYPE"] = locale
    _, nothing = _run([], env)
    start = time.perf_counter()
    code, usage = _run(command, env)
    wall = time.perf_counter() - start
    memory = f"{usage.ru_maxrss} {nothing.ru_maxrss}"
    os.write(result, f"{wall:.9f} {usage.ru_utime:.6f} {usage.ru_stime:.6f} {memory} {code}".encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
