"""Writers of the working copy that are killed at random moments while they append or merge, and what is left."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from perfreg.store.sqlite import SqliteStore

# Appends and merges by turns, a batch at a time, and says which runs are in only once the store has said so.
_WRITER = """
import sys
from pathlib import Path
from dataclasses import replace
from perfreg.store.codec import decode_run, encode_run
from perfreg.store.exchange import read, shards_of
from perfreg.store.sqlite import SqliteStore
from tests.support.runs import make_run
store, batch = SqliteStore(Path(sys.argv[1])), 5
first = int(sys.argv[2])
run = make_run({f"s{number}.wall_time": 1.0 for number in range(20)})
decode_run(next(read(shards_of([encode_run(run)]))))  # builds what the first use has to build
print("ready", flush=True)
while True:
    runs = [replace(run, id=f"{number:08d}") for number in range(first, first + batch)]
    if first // batch % 2:
        store.add(*runs)
    else:
        store.merge(shards_of([encode_run(each) for each in runs]))
    first += batch
    print(first, flush=True)
"""
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """``stored`` runs were promised to be there and ``lost`` of them are not; ``torn`` batches are there in part."""

    kills: int
    stored: int
    lost: int
    torn: int


def kill_stores(path: Path, *, kills: int, seed: int) -> Outcome:
    """Start a writer to the store at ``path``, kill it, open the store and look; all ``kills`` times.

    Raises `StoreError` when the store does not open or SQLite finds it damaged.
    """
    chance = random.Random(seed)
    promised = lost = torn = 0
    for _ in range(kills):
        store = SqliteStore(path)
        count = len(store.facts())
        said = _run_and_kill(path, count, chance.uniform(0, 0.08))
        store.check()
        found = len(store.facts())
        lost += max(0, said - found)
        torn += found % 5 != 0 or len(store.runs()) != found
        promised = max(promised, said)
    return Outcome(kills=kills, stored=promised, lost=lost, torn=torn)


def _run_and_kill(path: Path, first: int, delay_s: float) -> int:
    """Kill a writer a moment after it began; returns how many runs it said to have stored."""
    command = [sys.executable, "-c", _WRITER, str(path), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(delay_s)
        writer.kill()
        said = [int(line) for line in writer.stdout if line.endswith("\n")]
    return max(said, default=first)
