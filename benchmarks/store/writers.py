"""Many writers push to one data branch at once, each from a clone and a process of its own.

Prints how long they took and how often they had to try. Exits 1 when a run is missing afterwards, a clone changed
(``.git`` included), or the slowest writer took more than a minute.

    python benchmarks/store/writers.py --writers 64
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from git_scene import await_ready, digest, make_clone, make_remote, start_writer

from perfreg.publish.stores.git_branch import GitBranch
from perfreg.store.exchange import Line, read

LONGEST_S = 60.0


def main() -> int:
    """Measure and print; the exit code says whether all aims were met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--writers", type=int, default=64)
    count: int = parser.parse_args().writers
    with tempfile.TemporaryDirectory() as directory:
        remote = make_remote(Path(directory))
        clones = [make_clone(remote, Path(directory) / f"clone-{i}") for i in range(count)]
        before = [digest(clone) for clone in clones]
        writers = [start_writer(clone) for clone in clones]
        for writer in writers:
            await_ready(writer)
        started = time.monotonic()
        answers = _push_all(writers)
        whole = time.monotonic() - started
        untouched = [digest(clone) for clone in clones] == before
        there = {
            line.text for line in read(GitBranch(directory=clones[0], env=os.environ).pull()) if isinstance(line, Line)
        }
    seconds = sorted(float(answer[0]) for answer in answers)
    attempts = sorted(int(answer[1]) for answer in answers)
    present = sum(answer[2] in there for answer in answers)
    print(f"{count} writers at once: {present} of {count} runs present, clones identical: {untouched}")
    print(f"seconds: median {statistics.median(seconds):.1f}, worst {seconds[-1]:.1f}, all done after {whole:.1f}")
    print(f"attempts: median {statistics.median(attempts):.0f}, most {attempts[-1]}, in all {sum(attempts)}")
    return 0 if present == len(there) == count and untouched and seconds[-1] < LONGEST_S else 1


def _push_all(writers: list[subprocess.Popen[str]]) -> list[list[str]]:
    """Release all writers together; seconds, attempts and record of each that succeeded."""
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("push\n")
        writer.stdin.flush()
    outputs = [writer.communicate()[0] for writer in writers]
    return [output.rstrip("\n").split(" ", 2) for output in outputs if output]


if __name__ == "__main__":
    sys.exit(main())
