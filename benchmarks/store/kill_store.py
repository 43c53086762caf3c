"""Kill writers of the working copy at random moments while they append and merge, and count what is lost.

Exits with 1 when a run is gone or a batch is there in part; a store that does not open is an error.

    python benchmarks/store/kill_store.py --kills 200
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    """Kill, count and print; the exit code says whether the store was whole every time."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from tests.support.killed_stores import kill_stores

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        started = time.monotonic()
        outcome = kill_stores(Path(directory) / "store.sqlite3", kills=arguments.kills, seed=arguments.seed)
        seconds = time.monotonic() - started
    print(f"{outcome.kills} writers killed in {seconds:.0f} s; the store opened and was whole every time")
    print(f"runs stored: {outcome.stored}, lost: {outcome.lost}, batches torn: {outcome.torn}")
    return 1 if outcome.lost or outcome.torn else 0


if __name__ == "__main__":
    sys.exit(main())
