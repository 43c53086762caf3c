"""What the git benchmarks share: a bare remote, clones in the middle of somebody's work, and one writer process."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from perfreg.measure.identity import run_id
from perfreg.publish.stores.git_branch import GitBranch
from perfreg.store.exchange import canonical, shards_of, union

METRICS = 20


def git(directory: Path, *arguments: str) -> str:
    """The output of git in ``directory``."""
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    done = subprocess.run(("git", *identity, *arguments), cwd=directory, check=True, capture_output=True, text=True)
    return done.stdout


def make_remote(directory: Path) -> Path:
    """A bare repository with one commit of code."""
    remote, seed = directory / "remote.git", directory / "seed"
    subprocess.run(("git", "init", "--quiet", "--bare", "-b", "main", remote), check=True)
    subprocess.run(("git", "init", "--quiet", "-b", "main", seed), check=True)
    (seed / "code.py").write_text("print('code')\n" * 100)
    git(seed, "add", ".")
    git(seed, "commit", "--quiet", "-m", "code")
    git(seed, "push", "--quiet", str(remote), "main")
    return remote


def make_clone(remote: Path, directory: Path) -> Path:
    """A clone with a staged, a changed and an untracked file."""
    subprocess.run(("git", "clone", "--quiet", remote, directory), check=True)
    (directory / "staged.py").write_text("staged\n")
    git(directory, "add", "staged.py")
    (directory / "code.py").write_text("changed\n")
    (directory / "untracked.txt").write_text("untracked\n")
    return directory


def digest(directory: Path) -> str:
    """A hash of every file below ``directory``, ``.git`` included: name, mode, time of change and content."""
    state = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        facts = path.lstat()
        state.update(f"{path.relative_to(directory)}\0{facts.st_mode}\0{facts.st_mtime_ns}\0".encode())
        if path.is_file() and not path.is_symlink():
            state.update(path.read_bytes())
    return state.hexdigest()


def record() -> str:
    """A run as a store holds it: an id by time and some measurements."""
    numbers = random.Random()  # noqa: S311 - sample data
    points = [
        {"scenario": f"endpoint_{i}", "metric": "response_time_p95", "value": numbers.lognormvariate(4, 1), "n": 500}
        for i in range(METRICS)
    ]
    return canonical({"id": run_id(int(time.time() * 1000)), "kind": "run", "v": 1, "data": {"measurements": points}})


def write(clone: Path) -> None:
    """A writer process: say ``ready``; for each line on standard input push a record and print what became of it."""
    branch = GitBranch(directory=clone, env=os.environ)
    print("ready", flush=True)
    for _ in sys.stdin:
        line = record()
        started = time.monotonic()
        pushed = branch.push(partial(union, shards_of([line])), "add a run")
        print(f"{time.monotonic() - started:.3f} {pushed.attempts} {line}", flush=True)


def start_writer(clone: Path) -> subprocess.Popen[str]:
    """Start `write` in a process of its own."""
    command = (sys.executable, __file__, str(clone))
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def await_ready(writer: subprocess.Popen[str]) -> None:
    """Wait until a writer can be told to push."""
    assert writer.stdout
    if writer.stdout.readline() != "ready\n":
        sys.exit("a writer did not start")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
