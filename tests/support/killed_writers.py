"""Writers of a directory store that are killed at random moments, and what the store is worth afterwards."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from perfreg.publish.stores.directory import DirectoryStore
from perfreg.store.exchange import Corrupt, read
from tests.support.records import add, numbers, record

# Each push adds two records, which lie in two shards, and then says so.
_WRITER = """
import sys
from itertools import count
from pathlib import Path
from perfreg.publish.stores.directory import DirectoryStore
from tests.support.records import add, record
store = DirectoryStore(Path(sys.argv[1]))
for number in count(int(sys.argv[2]), 2):
    store.push(add(record(number), record(number + 1)), "two runs")
    print(number + 1, flush=True)
"""
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """``pushed`` records were promised to be there; ``interrupted`` kills came while files were being written."""

    kills: int
    pushed: int
    lost: int
    corrupt: int
    interrupted: int


def kill_writers(path: Path, *, kills: int, seed: int) -> Outcome:
    """Start a writer to the store at ``path``, kill it, look, and start the next one; all ``kills`` times."""
    chance = random.Random(seed)
    store = DirectoryStore(path, time_limit_s=20)
    # Files of some size, so that a kill is likely to come while one is written.
    store.push(add(record(1, "x" * 500_000), record(2, "x" * 500_000)), "two large runs")
    promised: set[int] = set()
    lost = corrupt = interrupted = 0
    for _ in range(kills):
        before = numbers(store.pull())
        first = max(before, default=0) + 1
        first += 1 - first % 2
        last = _run_and_kill(path, first, pushes=chance.randint(0, 8), delay_s=chance.uniform(0, 0.05))
        promised.update(range(first, last + 1))
        shards = store.pull()
        there = set(numbers(shards))
        lost += len(promised - there)
        corrupt += sum(isinstance(line, Corrupt) for line in read(shards))
        unfinished = list(path.glob(".*.unfinished")) if path.exists() else []
        interrupted += bool(unfinished) or (len(there) - len(before)) % 2 == 1
        promised &= there
    return Outcome(kills=kills, pushed=len(promised) + lost, lost=lost, corrupt=corrupt, interrupted=interrupted)


def _run_and_kill(path: Path, first: int, *, pushes: int, delay_s: float) -> int:
    """Kill a writer a moment after so many pushes; returns the last record that it said to have pushed."""
    command = [sys.executable, "-c", _WRITER, str(path), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT) as writer:
        assert writer.stdout is not None
        said = [int(writer.stdout.readline()) for _ in range(pushes)]
        time.sleep(delay_s)
        writer.kill()
        said += [int(line) for line in writer.stdout if line.endswith("\n")]
    return max(said, default=first - 1)
