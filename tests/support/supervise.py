"""Run a server until standard input ends, then stop it and remove its directory.

The input ends with the process that holds its other side, even when that one is killed: no server outlives its tests.
A server that ends by itself leaves its directory, and the log in it, to whoever started it.
Usage: supervise.py DIRECTORY USER SIGNAL PROGRAM [ARGUMENT…], USER being empty to stay who we are.
"""

from __future__ import annotations

import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

_STOP_SECONDS = 10.0


def main(directory: str, user: str, stop: str, *command: str) -> int:
    with Path(directory, "server.log").open("wb") as log:
        server = subprocess.Popen(
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=user or None,
            group=user or None,
            extra_groups=[] if user else None,
        )
    while server.poll() is None:
        readable, _, _ = select.select([sys.stdin], [], [], 0.1)
        if readable:  # nobody ever writes: this is its end
            _stop(server, signal.Signals[stop])
            shutil.rmtree(directory)
    return server.returncode


def _stop(server: subprocess.Popen[bytes], how: signal.Signals) -> None:
    server.send_signal(how)
    try:
        server.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
