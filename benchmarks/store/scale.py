"""How the store does with 10,000 runs of 100 metrics: `python benchmarks/store/scale.py [--runs N] [--metrics N]`.

Prints the time to open the store and get the baseline of one run, to merge 100 new runs, to pull the branch with
depth 1, and the size of the branch. Exits with 1 when a target is missed (targets are for the default size).
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from perfreg.analysis.baseline import WINDOW
from perfreg.analysis.judge import keys_of
from perfreg.analysis.lineage import lineage
from perfreg.measure.identity import run_id
from perfreg.model.run import Environment, Measurement, Run, ScenarioRecord, Source
from perfreg.publish.stores.git_branch import GitBranch
from perfreg.stats.describe import family
from perfreg.store.codec import encode_run
from perfreg.store.exchange import add, shards_of
from perfreg.store.series import load_series
from perfreg.store.sqlite import SqliteStore

OPEN_S, MERGE_S, BYTES = 0.3, 1.0, 60.0

HERE = Environment(
    key="0123456789abcdef", os="Linux 6.8", architecture="x86_64", cpu_model="Test CPU", cpus=4, memory_mb=16_000
)
START = datetime(2025, 1, 1, tzinfo=timezone.utc)


def runs(count: int, metrics: int, *, first: int = 0) -> Iterator[Run]:
    """Runs as real ones are: latency families of several scenarios; every figure has noise of its own."""
    rng = random.Random(first)  # noqa: S311 - noise, the same every time
    shape = family("s", "response_time", [rng.lognormvariate(0, 0.3) for _ in range(1000)])
    names = [f"endpoint_{number}" for number in range(-(-metrics // len(shape)))]
    for number in range(first, first + count):
        at = START + timedelta(minutes=50 * number)
        level = rng.lognormvariate(0, 0.05)
        points: list[Measurement] = []
        for index, name in enumerate(names):
            points += [noisy(point, name, level * (index + 1), rng) for point in shape]
        yield Run(
            id=run_id(int(at.timestamp() * 1000)),
            started_at=at.isoformat(timespec="milliseconds"),
            duration_s=60.0,
            tool_version="0",
            source=Source(commit=f"{rng.getrandbits(160):040x}", branch="main", base_branch="main"),
            environment=HERE,
            config_hash="0" * 16,
            status="ok",
            trust="automatic",
            scenarios=tuple(ScenarioRecord(name=name, kind="api", hash="f" * 16) for name in names),
            measurements=tuple(points[:metrics]),
        )


def noisy(point: Measurement, scenario: str, level: float, rng: random.Random) -> Measurement:
    """The same measurement of another scenario and run: each of its figures scaled, and off by a percent or so."""
    figures = {
        name: getattr(point, name) * level * rng.gauss(1, 0.01)
        for name in ("value", "mean", "std", "min", "max", "p50", "p90", "p95", "p99", "std_error")
    }
    return replace(point, scenario=scenario, n=rng.randrange(900, 1100), **figures)


def git(*arguments: str) -> str:
    """Run git; its output."""
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout.strip()


def timed(what: str, work: object, target: float | None = None) -> tuple[float, bool]:
    """Do ``work`` and print how long it took."""
    start = time.perf_counter()
    assert callable(work)
    work()
    seconds = time.perf_counter() - start
    good = target is None or seconds < target
    aim = "" if target is None else f"   (target: under {target:g} s){'' if good else '  MISSED'}"
    print(f"{what:52} {seconds:8.3f} s{aim}")
    return seconds, good


def query(path: Path, head: Run) -> None:
    """What `perfreg run` asks a store for."""
    store = SqliteStore(path)
    store.open()
    line = lineage(store.facts(), store.events(), now=datetime.now(timezone.utc).isoformat())
    found = load_series(store, keys_of(head), trusted=line.ids(), start=line.start, limit=WINDOW)
    assert all(len(series.points) == WINDOW for series in found.values())


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--metrics", type=int, default=100)
    arguments = parser.parse_args()
    values = arguments.runs * arguments.metrics
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder), arguments.runs, arguments.metrics, values)


def measure(folder: Path, count: int, metrics: int, values: int) -> int:
    """Fill a store and a branch in ``folder``, and time what matters."""
    print(f"{count:,} runs of {metrics} metrics = {values:,} stored values")
    everything = shards_of(encode_run(run) for run in runs(count, metrics))
    path = folder / "perfreg.sqlite3"
    timed("fill an empty working copy (a new runner)", lambda: SqliteStore(path).merge(everything))
    (head,) = runs(1, metrics, first=count)
    ok = [timed("open, and the baselines of one run", lambda: query(path, head), OPEN_S)[1]]
    more = shards_of(encode_run(run) for run in runs(100, metrics, first=count + 1))
    ok.append(timed("merge 100 new runs", lambda: SqliteStore(path).merge(more), MERGE_S)[1])

    remote, checkout = folder / "remote.git", folder / "checkout"
    git("init", "--quiet", "--bare", str(remote))
    git("init", "--quiet", str(checkout))
    git("-C", str(checkout), "remote", "add", "origin", f"file://{remote}")
    branch = GitBranch(directory=checkout, env={"PATH": os.environ["PATH"]}, squash=True)
    timed("push everything to an empty branch", lambda: branch.push(lambda there: add(there, everything), "Fill"))
    timed("push 100 more runs", lambda: branch.push(lambda there: add(there, more), "Add"))
    git("-C", str(remote), "gc", "--quiet", "--prune=now")
    timed("pull with depth 1", branch.pull)
    packed = sum(file.stat().st_size for file in (remote / "objects" / "pack").glob("*.pack"))
    each = packed / (values + 100 * metrics)
    ok.append(each < BYTES)
    print(f"{'packed size of the branch':52} {packed / 1e6:8.1f} MB  = {each:.1f} bytes a stored value"
          f"   (target: under {BYTES:g}){'' if ok[-1] else '  MISSED'}")  # fmt: skip
    print(f"{'working copy':52} {path.stat().st_size / 1e6:8.1f} MB")
    return 0 if all(ok) else 1


if __name__ == "__main__":
    sys.exit(main())
