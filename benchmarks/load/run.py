"""The embedded load engine against others, and against servers whose truth is known: `make bench-load`.

    python benchmarks/load/run.py                                   # everything, about 12 minutes
    python benchmarks/load/run.py --part rate --part sensitivity    # some of it
    python benchmarks/load/run.py --part soak --minutes 60          # an hour
    python benchmarks/load/run.py --write docs/evidence.md          # and put the tables into this page

Parts that are kept in a file (``--results``) need not be measured again when others are.

Engines have one processor to themselves, the servers another one. It needs nginx, wrk and openssl; other engines are
compared where they are installed. Exits with 1 when a target is missed, and with 2 when it cannot be run here.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import accuracy
import quantiles
import rate
import sensitivity
import soak
from claims import Claim, Part, targets
from engines import Engine, engines
from page import write_section
from rate import Pace
from scene import SceneError, cores_here, nginx, seconds_of, stolen_pct

PARTS = ("rate", "accuracy", "sensitivity", "soak", "quantiles")
_NEEDED = {"nginx": "apt-get install nginx", "wrk": "apt-get install wrk", "openssl": "apt-get install openssl"}
_STEADY = ("perfreg", "wrk", "locust", "aiohttp", "httpx")
"""The engines of the other parts: enough to see the difference."""
_LONGER = 5
"""So much longer than a load for its rate is one for its quantiles."""
_ABOUT = (
    "The embedded engine in one process against others, all on one processor, with nginx on another one and a tiny "
    "answer; against servers that know how long they took; and against all the samples, sorted. Python is "
    "{python}."
)
_AGAIN = f"Repeat it with `make bench-load`; a soak of a whole hour is `{soak.HOW}`."


def main() -> int:
    """Measure, print the tables; the exit code says whether the targets are met."""
    given = _arguments()
    try:
        found = kept(given.results) | measure(given, _here(given.python))
    except SceneError as error:
        print(f"the benchmark cannot be run: {error}", file=sys.stderr)
        return 2
    if given.results:
        given.results.write_text(json.dumps({name: asdict(each) for name, each in found.items()}), encoding="utf-8")
    parts = [found[name] for name in PARTS if name in found]
    text = section(parts)
    print(text)
    if given.write:
        write_section(given.write, "load", text)
    return 0 if all(claim.met for each in parts for claim in each.claims) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", action="append", choices=PARTS, dest="parts", help="some parts only")
    parser.add_argument("--seconds", type=float, default=2.0, metavar="S", help="how long each load lasts")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often all of them are repeated")
    parser.add_argument("--minutes", type=float, default=3.0, metavar="M", help="of the soak")
    parser.add_argument("--samples", type=int, default=10_000_000, metavar="N", help="of the quantiles")
    parser.add_argument("--python", default=sys.executable, help="the Python that has aiohttp and Locust")
    parser.add_argument("--results", type=Path, metavar="FILE", help="keep the parts here, and show those kept before")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into this page")
    return parser.parse_args()


def measure(given: argparse.Namespace, here: Sequence[Engine]) -> dict[str, Part]:
    """All parts that were asked for. Raises `SceneError`."""
    cores = cores_here()
    some = [each for each in here if each.name in _STEADY]
    pace = Pace(seconds=given.seconds, rounds=given.rounds)
    with tempfile.TemporaryDirectory() as directory, nginx(Path(directory), cores) as server:
        os.chmod(directory, 0o755)  # noqa: S103, PTH101 - nginx's workers are somebody else, and read files there
        parts: dict[str, Callable[[], Part]] = {
            "rate": lambda: rate.part(server, cores, here, pace),
            "accuracy": lambda: accuracy.part(cores, some, _LONGER * given.seconds),
            "sensitivity": lambda: sensitivity.part(cores, some, pace),
            "quantiles": lambda: quantiles.part(given.samples),
            "soak": lambda: soak.part(server, cores, given.minutes),
        }
        return {name: _timed(name, parts[name]) for name in given.parts or PARTS}


def kept(results: Path | None) -> dict[str, Part]:
    """The parts that were measured before, if any."""
    if results is None or not results.exists():
        return {}
    found = json.loads(results.read_text(encoding="utf-8"))
    return {
        name: Part(text=each["text"], claims=tuple(Claim(**claim) for claim in each["claims"]))
        for name, each in found.items()
    }


def section(parts: Sequence[Part]) -> str:
    """The whole section: targets first."""
    claims = [claim for each in parts for claim in each.claims]
    about = _ABOUT.format(python=platform.python_version())
    return "\n\n".join(("## Load", about, targets(claims), *(each.text for each in parts), _AGAIN))


def _here(python: str) -> list[Engine]:
    """The engines that are installed; says how to get the others. Raises `SceneError` for what is indispensable."""
    absent = {name: install for name, install in _NEEDED.items() if not shutil.which(name)}
    if absent:
        raise SceneError("; ".join(f"{name} is missing: {install}" for name, install in absent.items()))
    everybody = engines(python)
    here = [each for each in everybody if each.is_here()]
    for each in everybody:
        if each not in here:
            print(f"{each.name} is not here and will not be compared: {each.install}", file=sys.stderr)
    return here


def _timed(name: str, part: Callable[[], Part]) -> Part:
    """A part, and how much of the machine was ours meanwhile."""
    print(time.strftime("%H:%M:%S"), name, "…", file=sys.stderr, flush=True)
    began, before = time.monotonic(), _stat()
    found = part()
    stolen, minutes = stolen_pct(before, _stat()), (time.monotonic() - began) / 60
    note = (
        f"Measured in {minutes:.1f} minutes, in which {stolen:.1f} % of the machine's time went to other guests of its "
        f"host; its load was {os.getloadavg()[1]:.1f} at the end."
    )
    return replace(found, text=f"{found.text}\n\n{note}")


def _stat() -> dict[str, int]:
    return seconds_of(Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0])


if __name__ == "__main__":
    sys.exit(main())
