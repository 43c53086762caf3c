"""A neighbour on the machine: burns processor time and memory bandwidth in bursts, on one of the processors.

    python second_load.py SEED

Bursts and the pauses between them last from 0.1 to 5 s, their logarithm being uniform, so it works about half of the
time. It ends when its standard input does, that is, at the latest with whoever started it.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

SHORTEST_S, LONGEST_S = 0.1, 5.0
_MEGABYTES = 16


@contextmanager
def second_load(seed: int) -> Iterator[None]:
    """Have a neighbour for the time of the context."""
    command = [sys.executable, __file__, str(seed)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        try:
            yield
        finally:
            process.kill()


def lengths(seed: int) -> Iterator[float]:
    """How long each burst and each pause after it lasts, in seconds."""
    rng = random.Random(seed)  # noqa: S311 - no secret hangs on it
    while True:
        yield SHORTEST_S * (LONGEST_S / SHORTEST_S) ** rng.random()


def burn(seconds: float, memory: bytearray) -> None:
    """Copy the memory and compute in turns."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        memory[:] = bytes(memory)
        sum(range(100_000))


def main() -> None:
    """Burn and rest until the input ends."""
    threading.Thread(target=_end_with_input, daemon=True).start()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    memory = bytearray(_MEGABYTES * 1024 * 1024)
    for index, seconds in enumerate(lengths(int(sys.argv[1]))):
        if index % 2:
            time.sleep(seconds)
        else:
            burn(seconds, memory)


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
