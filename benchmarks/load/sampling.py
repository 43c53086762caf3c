"""What watching a service beside a load costs: `python benchmarks/load/sampling.py [--seconds 5]`.

Starts services of 1, 5 and 20 processes with four threads each, which run a little now and then, watches them as the
`api` scenario does, ten times a second, and tells the processor time that this took beside the load, new listings of
processes included, and what the looks before and after it took. The whole machine with all its metrics is the last
row. Exits with 1 when one of them takes more than 1 % of a core beside the load.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import get_args

from perfreg.config.base import ResourceMetric
from perfreg.config.models import ServiceConfig
from perfreg.measure import service
from perfreg.measure.sampler import Sampler
from perfreg.measure.service_usage import ServiceUsage

LIMIT_PCT = 1.0
SIZES = (1, 5, 20)

TREE = """
import os, socket, sys, threading, time
for _ in range(int(sys.argv[2]) - 1):
    if os.fork() == 0:
        break
else:
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
def live():
    while True:
        time.sleep(0.02)
for _ in range(3):
    threading.Thread(target=live, daemon=True).start()
live()
"""


@contextmanager
def tree(home: Path, size: int) -> Iterator[service.RunningService]:
    """A service of so many processes."""
    script = home / "tree.py"
    script.write_text(TREE, encoding="utf-8")
    command = f"exec {shlex.quote(sys.executable)} -I -S {shlex.quote(str(script))} {{port}} {size}"
    config = ServiceConfig.model_validate({"start": command, "ready": {"tcp": "{port}", "timeout": 60}})
    with service.start(config, directory=home, env=os.environ, log=home / "service.log") as running:
        while len(running.process_ids()) < size:
            time.sleep(0.05)
        yield running


def share(what: str, watching: AbstractContextManager[object], seconds: float) -> float:
    """Processor time of this process while it does nothing else than watch, in % of a core; prints it."""
    ends = -time.process_time()
    with watching:
        began, cpu = time.perf_counter(), time.process_time()
        ends += cpu
        time.sleep(seconds)
        used, elapsed = time.process_time() - cpu, time.perf_counter() - began
        ends -= time.process_time()
    ends += time.process_time()
    found = 100 * used / elapsed
    print(f"{what:>17}: {found:.2f} % of a core, and {1000 * ends:.0f} ms before and after", flush=True)
    return found


def main() -> int:
    """Print the table; 1 when a row is beyond the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each is watched")
    seconds = parser.parse_args().seconds
    everything = get_args(ResourceMetric)
    with Sampler(None, metrics=everything):
        pass  # loads what is loaded at first use
    found: list[float] = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as directory, tree(Path(directory), size) as running:
            found.append(share(f"processes: {size}", ServiceUsage(running, seconds), seconds))
    found.append(share("the whole machine", Sampler(None, metrics=everything), seconds))
    worst = max(found)
    print(f"worst {worst:.2f} %, limit {LIMIT_PCT:g} %")
    return 1 if worst > LIMIT_PCT else 0


if __name__ == "__main__":
    sys.exit(main())
