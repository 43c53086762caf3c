"""Whether memory stays what it is: minutes of load on nginx, and an hour of answers by a clock that runs ahead."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from statistics import median

import psutil
from claims import Claim, Part
from engines import HERE
from page import table
from scene import Cores, Nginx, SceneError

from perfreg.measure.affinity import pinned
from perfreg.measure.engines.recording import Recorder

HOUR_MIN = 60
_CONNECTIONS = 64
_EVERY_S = 1.0
_SETTLE = 0.2
"""The share of a soak after which everything has been allocated that is allocated once."""
_LIMIT_PCT = 10.0
_A_SECOND = 2000
HOW = f"python benchmarks/load/run.py --part soak --minutes {HOUR_MIN}"
_SHOWN = 6
_FEWEST = 10

Sample = tuple[float, float]
"""Seconds since the start, and MB."""


def part(server: Nginx, cores: Cores, minutes: float) -> Part:
    """Both soaks."""
    real = loaded(server, cores, 60 * minutes)
    ahead = ran_ahead(HOUR_MIN)
    about = (
        f"Resident memory of the embedded engine under a load of {_CONNECTIONS} connections for {minutes:g} minutes, "
        f"and of a recorder that is told of {HOUR_MIN} minutes of {_A_SECOND:,} answers a second by a clock that runs "
        "ahead. It keeps a row for each second, for the time line; everything else has its size from the start."
    )
    rows = [["load", *_shown(real)], ["recorder", *_shown(ahead)]]
    text = "\n\n".join(("### Soak", about, table(["", *(f"{100 * n // (_SHOWN - 1)} %" for n in range(_SHOWN))], rows)))
    return Part(
        text=text,
        claims=(
            flat(f"{minutes:g} minutes of load: memory grows by less than {_LIMIT_PCT:g} %", real),
            flat(f"answers from minute 1 to {HOUR_MIN}: memory grows by less than {_LIMIT_PCT:g} %", ahead),
        ),
    )


def loaded(server: Nginx, cores: Cores, seconds: float) -> list[Sample]:
    """The memory of the engine while it works. Raises `SceneError`."""
    command = [sys.executable, str(HERE / "client_perfreg.py"), server.url, str(_CONNECTIONS), str(seconds)]
    with pinned(cores.engine):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    found: list[Sample] = []
    with process:
        watched, began = psutil.Process(process.pid), time.monotonic()
        while process.poll() is None:
            time.sleep(min(_EVERY_S, seconds / 20))
            try:
                found.append((time.monotonic() - began, watched.memory_info().rss / 1e6))
            except psutil.NoSuchProcess:
                break
        said = process.stderr.read().decode(errors="replace") if process.stderr else ""
    if process.returncode or not found:
        raise SceneError(f"the soak ended with {process.returncode}: {said[-500:]}")
    # At the end the result is put together, which takes memory of its own.
    return [each for each in found if each[1] > 0 and each[0] < seconds] or found


def ran_ahead(minutes: int) -> list[Sample]:
    """The memory of a process of its own, which has none left over, while a recorder is told of so many minutes."""
    program = f"import json, soak; print(json.dumps(soak.ahead({minutes})))"
    ended = subprocess.run([sys.executable, "-c", program], cwd=HERE, capture_output=True, check=True)
    return [(at, mb) for at, mb in json.loads(ended.stdout)]


def ahead(minutes: int) -> list[Sample]:
    """The memory of this process, minute by minute."""
    me = psutil.Process()
    return [(float(second), me.memory_info().rss / 1e6) for second in _told(minutes)]


def _told(minutes: int) -> Iterator[int]:
    rng = random.Random(1)  # noqa: S311 - no secret hangs on it
    recorder = Recorder(start_ns=0, duration_s=60.0 * minutes)
    write = recorder.writer()
    times = [round(rng.lognormvariate(13.1, 0.4)) for _ in range(_A_SECOND)]
    gap = 1_000_000_000 // _A_SECOND
    for second in range(60 * minutes):
        at = second * 1_000_000_000
        for took in times:
            at += gap
            write(at, at, at + took, at + took, 100)
        if second % 60 == 59:
            yield second + 1


def flat(claim: str, samples: Sequence[Sample]) -> Claim:
    """How much larger memory is at the end than when it had settled."""
    whole = samples[-1][0]
    settled = [mb for at, mb in samples if _SETTLE * whole <= at <= 2 * _SETTLE * whole]
    late = [mb for at, mb in samples if at >= (1 - _SETTLE) * whole]
    if len(samples) < _FEWEST or not settled:
        return Claim(claim=claim, measured="too short", met=False)
    grown = 100 * (median(late) / median(settled) - 1)
    return Claim(
        claim=claim,
        measured=f"{grown:+.1f} %: {median(settled):.1f} to {median(late):.1f} MB",
        met=grown < _LIMIT_PCT,
    )


def _shown(samples: Sequence[Sample]) -> list[str]:
    places = [round(number * (len(samples) - 1) / (_SHOWN - 1)) for number in range(_SHOWN)]
    return [f"{samples[at][1]:.1f} MB" for at in places]
