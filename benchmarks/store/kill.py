"""Kill writers at random moments while they push to a data branch, and look whether the store survives.

Two writers race all the time, so a kill may hit any step: fetching, merging, packing, pushing, or the pause after a
lost race. A writer dies by SIGKILL with all git processes it runs, except the remote's end of the connection
(``receive-pack``), which is another machine in real life. After every kill the remote must open, hold every record
that a writer was told is there, and have all objects it refers to; the clones must be as they were, to the byte.

Prints what it saw, and exits 1 when anything of that failed.

    python benchmarks/store/kill.py --kills 200
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
from git_scene import await_ready, digest, git, make_clone, make_remote, start_writer

from perfreg.publish.stores.git_branch import GitBranch
from perfreg.store.exchange import Line, read

WRITERS = 2
LONGEST_WAIT_S = 1.0
"""A push takes less than that; so kills fall on all parts of it."""


def main() -> int:
    """Kill and print; the exit code says whether the store survived."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    kills: int = parser.parse_args().kills
    with tempfile.TemporaryDirectory() as directory:
        remote = make_remote(Path(directory))
        clones = [make_clone(remote, Path(directory) / f"clone-{i}") for i in range(WRITERS)]
        before = [digest(clone) for clone in clones]
        writers = [_start(clone) for clone in clones]
        told: set[str] = set()
        busy = 0
        for number in range(kills):
            index = number % WRITERS
            records, interrupted = _kill_writer(writers[index])
            told.update(records)
            busy += interrupted
            problem = _problem(remote, clones[index], told) or ("" if _same(clones, before) else "a clone changed")
            if problem:
                print(f"after {number + 1} kills: {problem}")
                return 1
            writers[index] = _start(clones[index])
        for writer in writers:
            told.update(_kill_writer(writer)[0])
        more = len(_records(clones[0]) - told)
    print(
        f"{kills} writers killed, {busy} of them while git ran; after each the store opened and the clones were intact"
    )
    print(f"{len(told)} records were acknowledged, all are there; {more} more arrived unacknowledged")
    return 0


def _start(clone: Path) -> subprocess.Popen[str]:
    """A writer that pushes until it is killed."""
    writer = start_writer(clone)
    await_ready(writer)
    assert writer.stdin
    writer.stdin.write("push\n" * 1000)
    writer.stdin.flush()
    return writer


def _kill_writer(writer: subprocess.Popen[str]) -> tuple[list[str], bool]:
    """Kill the writer after a random time; the records it was told are stored, and whether git was running."""
    time.sleep(random.uniform(0, LONGEST_WAIT_S))  # noqa: S311 - a moment, no secret
    children = psutil.Process(writer.pid).children(recursive=True)
    writer.kill()
    killed = sum(_kill(child) for child in children)
    output = writer.communicate()[0]
    # The last line may be cut off: then nobody was told.
    return [line.split(" ", 2)[2] for line in output.split("\n")[:-1]], killed > 0


def _kill(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        if "receive-pack" not in " ".join(process.cmdline()):
            process.kill()
            return True
    return False


def _problem(remote: Path, clone: Path, told: set[str]) -> str:
    try:
        missing = told - _records(clone)
        git(remote, "fsck", "--connectivity-only", "--no-dangling")
    except Exception as error:  # noqa: BLE001 - whatever it is, the store did not survive
        return f"the store does not open: {error}"
    return f"{len(missing)} acknowledged records are missing" if missing else ""


def _records(clone: Path) -> set[str]:
    return {line.text for line in read(GitBranch(directory=clone, env=os.environ).pull()) if isinstance(line, Line)}


def _same(clones: list[Path], before: list[str]) -> bool:
    return [digest(clone) for clone in clones] == before


if __name__ == "__main__":
    sys.exit(main())
