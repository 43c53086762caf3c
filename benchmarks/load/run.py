"""The embedded load engine against others, and against servers whose truth is known: `make bench-load`.

    python benchmarks/load/run.py                                   # everything, about 12 minutes
    python benchmarks/load/run.py --part rate --part sensitivity    # some of it
    python benchmarks/load/run.py --part soak --minutes 60          # an hour
    python benchmarks/load/run.py --write docs/evidence.md          # and put the tables into this page

Engines have one processor to themselves, the servers another one. It needs nginx, wrk and openssl; other engines are
compared where they are installed. Exits with 1 when a target is missed, and with 2 when it cannot be run here.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import accuracy
import quantiles
import rate
import sensitivity
import soak
from claims import Part, targets
from engines import engines, missing
from page import write_section
from rate import Pace
from scene import SceneError, cores_here, nginx, seconds_of, stolen_pct

PARTS = ("rate", "accuracy", "sensitivity", "quantiles", "soak")
_NEEDED = {"nginx": "apt-get install nginx", "wrk": "apt-get install wrk", "openssl": "apt-get install openssl"}
_STEADY = ("perfreg", "wrk", "locust", "aiohttp", "httpx")
"""The engines of the other parts: enough to see the difference."""


def main() -> int:
    """Measure, print the tables; the exit code says whether the targets are met."""
    given = _arguments()
    try:
        _complain(given.python)
        began, before = time.monotonic(), _stat()
        found = measure(given)
    except SceneError as error:
        print(f"the benchmark cannot be run: {error}", file=sys.stderr)
        return 2
    about = _about(given, time.monotonic() - began, stolen_pct(before, _stat()))
    text = section(found, about, _again(given))
    print(text)
    if given.write:
        write_section(given.write, "load", text)
    return 0 if all(claim.met for each in found for claim in each.claims) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", action="append", choices=PARTS, dest="parts", help="some parts only")
    parser.add_argument("--seconds", type=float, default=2.0, metavar="S", help="how long each load lasts")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often all of them are repeated")
    parser.add_argument("--minutes", type=float, default=3.0, metavar="M", help="of the soak")
    parser.add_argument("--samples", type=int, default=10_000_000, metavar="N", help="of the quantiles")
    parser.add_argument("--python", default=sys.executable, help="the Python that has aiohttp and Locust")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into this page")
    return parser.parse_args()


def measure(given: argparse.Namespace) -> list[Part]:
    """All parts that were asked for. Raises `SceneError`."""
    cores = cores_here()
    here = [each for each in engines(given.python) if each.is_here()]
    some = [each for each in here if each.name in _STEADY]
    pace = Pace(seconds=given.seconds, rounds=given.rounds)
    with tempfile.TemporaryDirectory() as directory, nginx(Path(directory), cores) as server:
        os.chmod(directory, 0o755)  # noqa: S103, PTH101 - nginx's workers are somebody else, and read files there
        parts: dict[str, Callable[[], Part]] = {
            "rate": lambda: rate.part(server, cores, here, pace),
            "accuracy": lambda: accuracy.part(cores, some, 5 * given.seconds),
            "sensitivity": lambda: sensitivity.part(cores, some, pace),
            "quantiles": lambda: quantiles.part(given.samples),
            "soak": lambda: soak.part(server, cores, given.minutes),
        }
        return [_told(name, parts[name]) for name in given.parts or PARTS]


def section(parts: Sequence[Part], about: str, again: str) -> str:
    """The whole section: targets first."""
    claims = [claim for each in parts for claim in each.claims]
    return "\n\n".join(("## Load", about, targets(claims), *(each.text for each in parts), again))


def _complain(python: str) -> None:
    """Say what is missing. Raises `SceneError` for what nothing can be done without."""
    absent = {name: install for name, install in _NEEDED.items() if not shutil.which(name)}
    if absent:
        raise SceneError("; ".join(f"{name} is missing: {install}" for name, install in absent.items()))
    for each in missing(engines(python)):
        print(f"{each.name} is not here and will not be compared: {each.install}", file=sys.stderr)


def _told(name: str, part: Callable[[], Part]) -> Part:
    print(time.strftime("%H:%M:%S"), name, "…", file=sys.stderr, flush=True)
    return part()


def _stat() -> dict[str, int]:
    return seconds_of(Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0])


def _about(given: argparse.Namespace, seconds: float, stolen: float) -> str:
    absent = ", ".join(each.name for each in missing(engines(given.python)))
    return (
        "The embedded engine in one process against others, all on one processor, with nginx on another one and a "
        f"tiny answer: {given.rounds} rounds of {given.seconds:g} s for each engine in turns; everything took "
        f"{seconds / 60:.0f} minutes. {stolen:.1f} % of the machine's time was stolen by other guests of its host, and "
        f"its load was {os.getloadavg()[2]:.1f} at the end."
        + (f" Not compared, as not installed: {absent}." if absent else "")
    )


def _again(given: argparse.Namespace) -> str:
    what = (
        "make bench-load" if not given.parts else f"python benchmarks/load/run.py --part {' --part '.join(given.parts)}"
    )
    return f"Repeat it with `{what}`; a soak of a whole hour is `{soak.command()}`."


if __name__ == "__main__":
    sys.exit(main())
