"""Kill writers of a directory store at random moments and count what is lost.

Prints how many records were promised, how many of them are gone, and how many kills came in the middle of a write.
Exits 1 when a record is gone or a line is broken.

    python benchmarks/store/kill_directory.py --kills 200
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    """Kill, count and print; the exit code says whether the store was valid every time."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from tests.support.killed_writers import kill_writers

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        started = time.monotonic()
        outcome = kill_writers(Path(directory) / "store", kills=arguments.kills, seed=arguments.seed)
        seconds = time.monotonic() - started
    print(f"{outcome.kills} writers killed in {seconds:.0f} s, {outcome.interrupted} of them while they wrote files")
    print(f"records pushed: {outcome.pushed}, lost: {outcome.lost}, broken lines: {outcome.corrupt}")
    return 1 if outcome.lost or outcome.corrupt else 0


if __name__ == "__main__":
    sys.exit(main())
