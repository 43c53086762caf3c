"""What `live.py` holds perfreg against: two separate runs, and a rule that compares their latencies."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from perfreg.measure.port import free_port

THRESHOLD_PCT = 10.0
ALPHA = 0.05
_WARM_UP_S = 1.0
_PATIENCE_S = 30.0


def latencies(source: str, directory: Path, seconds: float) -> array[float]:
    """Start the service, load it for ``seconds`` by one client that keeps its connection: each answer's time in ms."""
    directory.mkdir(exist_ok=True)
    (directory / "service.py").write_text(source, encoding="utf-8")
    found = array("d")
    with _running(directory) as connection:
        began = time.perf_counter()
        while (sent := time.perf_counter()) < began + _WARM_UP_S + seconds:
            connection.request("GET", "/")
            connection.getresponse().read()
            if sent >= began + _WARM_UP_S:
                found.append(1e3 * (time.perf_counter() - sent))
    return found


def alternately(sources: Sequence[str], directory: Path, seconds: float) -> list[array[float]]:
    """Start services and ask one after the other, for ``seconds`` in all: for each, its answers' times in ms."""
    found = [array("d") for _ in sources]
    with ExitStack() as stack:
        connections = []
        for number, source in enumerate(sources):
            place = directory / str(number)
            place.mkdir(parents=True, exist_ok=True)
            (place / "service.py").write_text(source, encoding="utf-8")
            connections.append(stack.enter_context(_running(place)))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for connection, times in zip(connections, found, strict=True):
                sent = time.perf_counter()
                connection.request("GET", "/")
                connection.getresponse().read()
                times.append(1e3 * (time.perf_counter() - sent))
    return found


def compared(base: array[float], head: array[float]) -> dict[str, Any]:
    """What both rules say; the level of a run is its median, as for perfreg."""
    import numpy as np
    from scipy.stats import mannwhitneyu

    before, after = float(np.median(base)), float(np.median(head))
    p_value = float(mannwhitneyu(head, base, alternative="two-sided").pvalue)
    change = 100 * (after / before - 1)
    return {
        "requests": [len(base), len(head)],
        "p50": [round(before, 4), round(after, 4)],
        "change_pct": round(change, 3),
        "p_value": p_value,
        "threshold": change > THRESHOLD_PCT,
        "mann_whitney": p_value < ALPHA and change > 0,
    }


@contextmanager
def _running(directory: Path) -> Iterator[http.client.HTTPConnection]:
    port = free_port()
    command = [sys.executable, "-S", "service.py", str(port)]
    with subprocess.Popen(command, cwd=directory, stderr=subprocess.DEVNULL) as process:
        try:
            with closing(_connected(port)) as connection:
                yield connection
        finally:
            process.kill()


def _connected(port: int) -> http.client.HTTPConnection:
    """A connection as soon as there is somebody to answer."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
        try:
            connection.connect()
        except ConnectionRefusedError:
            connection.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return connection
