"""Ctrl-C and SIGTERM are never lost, whenever they come: short blocks of load begin and end all the time."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

_LOOPS = """
import asyncio, contextlib, signal, sys
from perfreg.measure.engines.event_loop import fast_loop, run

def terminate(number, frame):
    raise SystemExit(43)

signal.signal(signal.SIGTERM, terminate)
factory = fast_loop() if sys.argv[1] == "fast" else None

async def short():
    try:
        await asyncio.sleep(0.001)
    finally:
        with contextlib.suppress(asyncio.CancelledError):  # as an engine may when it puts its connections away
            await asyncio.sleep(0.001)

print("ready", flush=True)
try:
    for _ in range(20_000):
        run(short(), factory)
except KeyboardInterrupt:
    sys.exit(42)
"""

_LONG = """
import asyncio, sys
from perfreg.measure.engines.event_loop import run

async def long():
    try:
        print("ready", flush=True)
        await asyncio.sleep(100)
    finally:
        print("cleaned up", flush=True)

try:
    run(long())
except KeyboardInterrupt:
    sys.exit(42)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("loop", ["fast", "own"])
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 42), (signal.SIGTERM, 43)])
def test_a_signal_between_two_short_runs_counts(loop: str, sent: signal.Signals, code: int) -> None:
    for number in range(4):
        with subprocess.Popen([sys.executable, "-c", _LOOPS, loop], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.02 + 0.0017 * number)
            process.send_signal(sent)
            assert process.wait(60) == code


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_what_is_interrupted_cleans_up_first() -> None:
    with subprocess.Popen([sys.executable, "-c", _LONG], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 42
        assert process.stdout.read() == "cleaned up\n"
