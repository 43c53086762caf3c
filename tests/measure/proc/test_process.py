from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import psutil
import pytest
from tests.support.services import eventually

from perfreg.config.base import ResourceMetric
from perfreg.measure.proc.others import others_ticks
from perfreg.measure.proc.process import ProcProcess, uncounted
from perfreg.measure.psutil_process import PsutilProcess
from perfreg.measure.resources import ProcessResources

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")

# Opens files, starts threads that wait, writes to the disk and burns a second; then waits to be told to end.
WORK = """
import json, os, sys, threading, time
home = sys.argv[1]
files = [open(os.path.join(home, f"file{n}"), "wb") for n in range(40)]
files[0].write(bytes(3_000_000)); files[0].flush(); os.fsync(files[0].fileno())
gate = threading.Event()
for _ in range(5):
    threading.Thread(target=gate.wait, daemon=True).start()
ballast = bytearray(50_000_000)
while time.process_time() < 1.0:
    sum(range(1000))
for _ in range(50):
    time.sleep(0.001)
child = os.fork()
if child == 0:
    sys.stdin.readline()
    os._exit(0)
print(json.dumps({"child": child}), flush=True)
sys.stdin.readline()
os._exit(0)
"""


@contextmanager
def worker(home: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process with a history and its child, waiting."""
    command = [sys.executable, "-I", "-S", "-W", "ignore", "-c", WORK, str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            said: dict[str, Any] = json.loads(process.stdout.readline())
            yield process, said["child"]
        finally:
            for each in psutil.Process(process.pid).children() if process.poll() is None else ():
                each.kill()
            process.kill()


def total(process: ProcProcess | PsutilProcess, metric: ResourceMetric) -> float:
    return sum(process.count(metric).values())


def test_what_is_known_of_a_process(tmp_path: Path) -> None:
    with worker(tmp_path) as (process, child):
        seen = ProcProcess(process.pid)
        assert seen.look()
        assert total(seen, "cpu_usage") >= 0.9
        assert 50e6 < total(seen, "memory_usage") < 200e6
        assert total(seen, "memory_usage_mean") == total(seen, "memory_usage")
        assert total(seen, "threads") == 6
        assert 43 <= total(seen, "open_files") < 60
        switches = seen.count("context_switches")
        assert len(switches) == 6
        assert switches[process.pid] >= 50
        assert seen.children() == [child]
        with pytest.raises(ValueError, match="network_io"):
            seen.count("network_io")


def test_it_is_what_psutil_says(tmp_path: Path) -> None:
    with worker(tmp_path) as (process, _):
        ours, theirs = ProcProcess(process.pid), PsutilProcess(process.pid)
        assert ours.look() == theirs.look() is True
        counted = {*get_args(ResourceMetric)} - uncounted().keys() - {"context_switches"}  # psutil: of one thread
        for metric in counted:
            assert total(ours, metric) == pytest.approx(total(theirs, metric), rel=0.02), metric
        assert total(ours, "context_switches") >= total(theirs, "context_switches") >= 50
        assert theirs.children() == []


def test_disk_bytes(tmp_path: Path) -> None:
    if "disk_io" in uncounted():
        pytest.skip("this kernel does not count it by process")
    with worker(tmp_path) as (process, _):
        written = psutil.Process(process.pid).io_counters().write_bytes
        if written == 0:
            pytest.skip("the temporary directory is not on a disk")
        assert total(ProcProcess(process.pid), "disk_io") >= 3_000_000


@pytest.mark.parametrize("kind", [ProcProcess, PsutilProcess])
def test_a_process_that_ends(tmp_path: Path, kind: type[ProcProcess | PsutilProcess]) -> None:
    with worker(tmp_path) as (process, _):
        seen = kind(process.pid)
        assert seen.look()
        process.kill()
        assert eventually(lambda: not seen.look())  # a zombie, as nobody has waited for it
        assert total(seen, "cpu_usage") >= 0.9
        process.wait()
        with pytest.raises(ProcessLookupError):
            seen.count("open_files")
        with pytest.raises(ProcessLookupError):
            kind(process.pid)


def test_a_group_of_processes_that_is_joined_and_left(tmp_path: Path) -> None:
    with worker(tmp_path) as (process, child):
        listed = [process.pid]
        group = ProcessResources(lambda: listed, ("memory_usage", "threads", "open_files"))
        first = group.read(thorough=True)
        assert first is not None
        assert {*first.counters["threads"]} == {process.pid}

        def has_child() -> bool:
            reading = group.read()
            return reading is not None and child in reading.counters["threads"]

        assert eventually(has_child)  # by its parent's word, as it is not listed
        process.kill()
        psutil.Process(child).kill()
        process.wait()
        assert eventually(lambda: group.read() is None)
        group.close()


def descriptors() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


def test_nothing_stays_open(tmp_path: Path) -> None:
    with worker(tmp_path) as (process, child):
        before = descriptors()
        listed = [process.pid, child]
        group = ProcessResources(lambda: listed, ("memory_usage",))
        assert group.read() is not None
        assert descriptors() == before + 2
        group.close()
        assert descriptors() == before
        with pytest.raises(ProcessLookupError):
            ProcProcess(99_999_999)
        assert descriptors() == before


def test_others_are_those_that_are_not_ours(tmp_path: Path) -> None:
    with worker(tmp_path) as (process, _):
        ours = others_ticks(Path("/"), os.getpid())
        of_the_child = others_ticks(Path("/"), process.pid)
        assert ours is not None
        assert of_the_child is not None
        assert of_the_child > ours  # for it, this process is a stranger
    assert others_ticks(Path("/"), 99_999_999) is None
    assert others_ticks(tmp_path, os.getpid()) is None


def stat(pid: int, name: str, parent: int, ticks: int, *, flags: int = 0) -> str:
    return f"{pid} ({name}) S {parent} 1 1 0 -1 {flags} 0 0 0 0 {ticks} 0 {ticks} 0 20 0 1 0 1 1 1\n"


def test_whom_others_are_made_of(tmp_path: Path) -> None:
    machine = {
        1: stat(1, "init", 0, 1),
        2: stat(2, "kworker/0:1", 0, 1000, flags=0x00208060),
        10: stat(10, "perfreg", 1, 1000),
        11: stat(11, "service ) 9 (", 10, 1000),
        12: stat(12, "worker", 11, 1000),
        20: stat(20, "postgres", 1, 1000),
        30: stat(30, "backup", 1, 40),
        31: "rubbish",
        40: stat(40, "circle", 41, 3),
        41: stat(41, "circle", 40, 3),
    }
    for pid, text in machine.items():
        (tmp_path / "proc" / str(pid)).mkdir(parents=True)
        (tmp_path / "proc" / str(pid) / "stat").write_text(text)
    (tmp_path / "proc" / "99").mkdir()  # has just ended
    (tmp_path / "proc" / "meminfo").write_text("")
    assert others_ticks(tmp_path, 10) == 2 * (1 + 40 + 3 + 3)
