"""The engines that are compared: whether they are here, how they are run, and what they have measured."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import readings
from readings import Reading, UnreadableError
from scene import SceneError

from perfreg.measure.affinity import pinned

HERE = Path(__file__).parent
NEEDED = ("perfreg", "wrk")
"""Without these there is nothing to compare."""
_DEADLINE_S = 120.0
_MOST_A_SECOND = 400_000
"""ab allocates room for as many requests as it may make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What an engine is to do."""

    url: str
    connections: int
    seconds: float
    certificate: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A load engine. ``command`` gets a load and a file that it may write to; that, or its output, is read."""

    name: str
    install: str
    is_here: Callable[[], bool]
    command: Callable[[Load, Path], Sequence[str]]
    read: Callable[[str], Reading]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a load: CPU time is that of the engine's process with its children, user and system."""

    reading: Reading
    cpu_s: float

    @property
    def cpu_us(self) -> float:
        """CPU time for each request."""
        return 1e6 * self.cpu_s / max(1, self.reading.requests)


def engines(python: str) -> tuple[Engine, ...]:
    """All of them. ``python`` is the one that has aiohttp and Locust."""
    return (
        _client("perfreg", sys.executable, "make test"),
        _program("wrk", "apt-get install wrk", _wrk, readings.wrk),
        _program("autocannon", "npm install --global autocannon", _autocannon, readings.autocannon),
        _program("ab", "apt-get install apache2-utils", _ab, readings.ab),
        _program("k6", "see https://grafana.com/docs/k6/latest/set-up/install-k6/", _k6, readings.k6),
        _client("locust", python, "pip install locust"),
        _client("aiohttp", python, "pip install aiohttp"),
        _client("httpx", sys.executable, "make test"),
    )


def attempt(engine: Engine, load: Load, cpus: frozenset[int]) -> Outcome | None:
    """`run`; None when a rival fails, of which nobody shall say that it is slow."""
    try:
        return run(engine, load, cpus)
    except SceneError as error:
        if engine.name in NEEDED:
            raise
        print(f"left out: {error}", file=sys.stderr)
        return None


def run(engine: Engine, load: Load, cpus: frozenset[int]) -> Outcome:
    """Run the engine on these processors. Raises `SceneError` when it fails, or its requests do."""
    with tempfile.NamedTemporaryFile(mode="r", encoding="utf-8") as file:
        output, cpu_s = measured(engine.command(load, Path(file.name)), cpus)
        written = file.read()
    try:
        reading = engine.read(written or output)
    except UnreadableError as error:
        raise SceneError(f"{engine.name}: {error}") from error
    if reading.failures > 0.001 * reading.requests or not reading.requests:
        raise SceneError(f"{engine.name}: {reading.failures} of {reading.requests} requests failed")
    return Outcome(reading=reading, cpu_s=cpu_s if reading.cpu_s is None else reading.cpu_s)


def measured(command: Sequence[str], cpus: frozenset[int]) -> tuple[str, float]:
    """The output of a command on these processors, and the CPU time it took. Raises `SceneError`."""
    before = os.times()
    with pinned(cpus):
        try:
            ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_DEADLINE_S)
        except subprocess.TimeoutExpired as error:
            raise SceneError(f"{command[0]} does not end") from error
    after = os.times()
    if ended.returncode:
        raise SceneError(f"{command[0]} ended with {ended.returncode}: {(ended.stderr or ended.stdout)[-1000:]}")
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return ended.stdout, used


def _program(
    name: str, install: str, command: Callable[[Load, Path], Sequence[str]], read: Callable[[str], Reading]
) -> Engine:
    return Engine(
        name=name, install=install, is_here=lambda: shutil.which(name) is not None, command=command, read=read
    )


def _client(name: str, python: str, install: str) -> Engine:
    """One of the clients beside this file."""

    def command(load: Load, _: Path) -> Sequence[str]:
        return [python, str(HERE / f"client_{name}.py"), load.url, str(load.connections), str(load.seconds)] + (
            [str(load.certificate)] if load.certificate else []
        )

    def is_here() -> bool:
        found = subprocess.run([python, "-c", f"import {name}"], capture_output=True, check=False)
        return found.returncode == 0

    return Engine(name=name, install=install, is_here=is_here, command=command, read=readings.client)


def _wrk(load: Load, _: Path) -> Sequence[str]:
    seconds = max(1, round(load.seconds))
    return ["wrk", "--latency", "-t", "1", "-c", str(load.connections), "-d", f"{seconds}s", load.url]


def _ab(load: Load, _: Path) -> Sequence[str]:
    # -t sets the number of requests as well, so -n comes after it.
    seconds = max(1, round(load.seconds))
    most = str(seconds * _MOST_A_SECOND)
    return ["ab", "-q", "-k", "-t", str(seconds), "-n", most, "-c", str(load.connections), load.url]


def _autocannon(load: Load, _: Path) -> Sequence[str]:
    seconds = str(max(1, round(load.seconds)))
    return ["autocannon", "--json", "--no-progress", "-c", str(load.connections), "-d", seconds, load.url]


def _k6(load: Load, file: Path) -> Sequence[str]:
    given = ["-e", f"URL={load.url}", "--vus", str(load.connections), "--duration", f"{load.seconds}s"]
    return [
        "k6",
        "run",
        "--quiet",
        "--no-usage-report",
        "--summary-export",
        str(file),
        *given,
        str(HERE / "client_k6.js"),
    ]
