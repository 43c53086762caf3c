"""Kill writers of a store on this machine at random moments, and count what is lost.

`working-copy` appends and merges in the SQLite file; `directory` pushes to a directory store. Exits with 1 when a
record is gone or half there; a store that does not open is an error.

    python benchmarks/store/kill_local.py working-copy --kills 200
    python benchmarks/store/kill_local.py directory --kills 200
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path


def working_copy(folder: Path, kills: int, seed: int) -> bool:
    """Kill writers of the SQLite file; whether it was whole every time."""
    from tests.support.killed_stores import kill_stores

    outcome = kill_stores(folder / "store.sqlite3", kills=kills, seed=seed)
    print(f"runs stored: {outcome.stored}, lost: {outcome.lost}, batches torn: {outcome.torn}")
    return not outcome.lost and not outcome.torn


def directory(folder: Path, kills: int, seed: int) -> bool:
    """Kill writers of a directory store; whether it was valid every time."""
    from tests.support.killed_writers import kill_writers

    outcome = kill_writers(folder / "store", kills=kills, seed=seed)
    print(f"kills in the middle of a write: {outcome.interrupted}")
    print(f"records pushed: {outcome.pushed}, lost: {outcome.lost}, broken lines: {outcome.corrupt}")
    return not outcome.lost and not outcome.corrupt


STORES = {"working-copy": working_copy, "directory": directory}


def main() -> int:
    """Kill, count and print."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", choices=STORES)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        whole = STORES[arguments.store](Path(folder), arguments.kills, arguments.seed)
    print(f"{arguments.kills} writers killed in {time.monotonic() - started:.0f} s; it opened every time")
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
