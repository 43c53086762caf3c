from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import get_args

import psutil
import pytest
from pydantic import ValidationError
from tests.support.contexts import make_context
from tests.support.services import eventually, server, start

from perfreg.config.base import Monitor, ResourceMetric
from perfreg.errors import MeasureError
from perfreg.measure.flow import Flow
from perfreg.measure.measured_process import tree
from perfreg.measure.sampler import Sampler, monitor_for
from perfreg.model.run import Measurement

ALL: tuple[ResourceMetric, ...] = get_args(ResourceMetric)
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="accounts of finished children are kept by Linux")

BURN = "while True: sum(range(10_000))"
SHORT_CHILDREN = """
import subprocess, sys
while True:
    subprocess.run([sys.executable, "-I", "-S", "-c", "sum(range(3_000_000))"], check=True)
"""
# Its child uses a second of CPU time before anybody looks, and ends when a line is written to it.
RICH_CHILD = """
import os, sys, time
if os.fork() == 0:
    while time.process_time() < 1.0:
        sum(range(10_000))
    print("rich", flush=True)
    sys.stdin.readline()
    os._exit(0)
os.wait()
time.sleep(60)
"""


@contextmanager
def running(source: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-I", "-S", "-c", source, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            process.kill()  # first: a child that has ended meanwhile must not keep it alive, and the test waiting
            for each in children:
                with suppress(psutil.NoSuchProcess):
                    each.kill()


def sampler_of(process: subprocess.Popen[str], *metrics: ResourceMetric, interval: float = 0.05) -> Sampler:
    return Sampler(lambda: tree(process.pid), metrics=metrics, interval=interval)


def by_metric(sampler: Sampler) -> dict[str, Measurement]:
    return {each.metric: each for each in sampler.measurements("s")}


def cpu_seconds(process: subprocess.Popen[str]) -> float:
    times = psutil.Process(process.pid).cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def test_cpu_usage_is_what_the_process_used() -> None:
    with running(BURN) as process:
        before, began = cpu_seconds(process), time.monotonic()
        with sampler_of(process, "cpu_usage") as sampler:
            time.sleep(1.0)
        truth = 100 * (cpu_seconds(process) - before) / (time.monotonic() - began)
    found = by_metric(sampler)["cpu_usage"]
    assert found.unit == "%"
    assert found.value == pytest.approx(truth, rel=0.25, abs=4)
    assert found.n >= 3
    assert sampler.warnings == ()


@LINUX
def test_children_too_short_to_be_seen_are_counted_once() -> None:
    with running(SHORT_CHILDREN) as process:
        assert eventually(lambda: cpu_seconds(process) > 0.3)
        before, began = cpu_seconds(process), time.monotonic()
        with sampler_of(process, "cpu_usage") as sampler:
            time.sleep(1.5)
        truth = 100 * (cpu_seconds(process) - before) / (time.monotonic() - began)
    assert by_metric(sampler)["cpu_usage"].value == pytest.approx(truth, rel=0.35)


@LINUX
def test_the_past_of_a_child_that_ends_is_no_present_usage() -> None:
    with running(RICH_CHILD) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == "rich\n"
        with sampler_of(process, "cpu_usage") as sampler:
            time.sleep(0.2)
            process.stdin.write("\n")
            process.stdin.flush()
            assert eventually(lambda: not psutil.Process(process.pid).children())
            time.sleep(0.4)
    found = by_metric(sampler)["cpu_usage"]
    assert found.min is not None
    assert found.max is not None
    assert found.min >= 0
    # Counted as growth, its second would show as 2000 % of an interval of 0.05 s.
    assert found.max < 300


def test_memory_usage_is_the_peak_in_megabytes() -> None:
    source = "import sys; x = bytearray(80_000_000); print('full', flush=True); sys.stdin.readline(); del x\n"
    source += "print('empty', flush=True); sys.stdin.readline()"
    with running(source) as process:
        assert process.stdout
        assert process.stdin
        with sampler_of(process, "memory_usage") as sampler:
            assert process.stdout.readline() == "full\n"
            time.sleep(0.3)
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "empty\n"
            time.sleep(0.3)
    found = by_metric(sampler)["memory_usage"]
    assert 80 < found.value < 110
    assert found.unit == "MB"
    assert found.min is not None
    assert found.min < 40


def test_disk_io_is_what_reached_the_disk(tmp_path: Path) -> None:
    source = """
import os, sys
sys.stdin.readline()
with open(sys.argv[1], "wb") as file:
    for _ in range(20):
        file.write(bytes(1_000_000))
        os.fsync(file.fileno())
print("written", flush=True)
sys.stdin.readline()
"""
    if not hasattr(psutil.Process, "io_counters"):
        pytest.skip("this system does not count disk_io by process")
    with running(source, str(tmp_path / "data")) as process:
        assert process.stdout
        assert process.stdin
        began = time.monotonic()
        with sampler_of(process, "disk_io") as sampler:
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "written\n"
            time.sleep(0.1)
        elapsed = time.monotonic() - began
        counters = psutil.Process(process.pid).io_counters()
    if counters.write_bytes == 0:
        pytest.skip("the temporary directory is not on a disk")
    assert by_metric(sampler)["disk_io"].value * elapsed == pytest.approx(counters.write_bytes / 1e6, rel=0.4)


def test_the_host_has_all_metrics() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    peer, _ = listener.accept()
    receiving = threading.Thread(target=lambda: [None for _ in iter(lambda: peer.recv(1 << 20), b"")])
    with listener, client, peer:
        receiving.start()
        began = time.monotonic()
        with Sampler(None, metrics=ALL) as sampler:
            for _ in range(50):
                client.sendall(bytes(1_000_000))
            time.sleep(0.3)
        elapsed = time.monotonic() - began
        client.shutdown(socket.SHUT_WR)
        receiving.join()
    found = by_metric(sampler)
    assert {*found} | {warning.split()[0] for warning in sampler.warnings} == {*ALL}
    assert 0 <= found["cpu_usage"].value < 130
    assert 0 < found["memory_usage"].value < psutil.virtual_memory().total / 1e6
    assert found["network_io"].value * elapsed > 50
    assert found["context_switches"].value > 0
    assert 0 < found["memory_usage_mean"].value <= found["memory_usage"].value
    if sys.platform == "linux":
        assert found["threads"].value > 10
        assert found["open_files"].value > 10


def test_network_io_of_processes_is_left_out_aloud() -> None:
    with running(BURN) as process, sampler_of(process, "memory_usage", "network_io") as sampler:
        pass
    assert {*by_metric(sampler)} == {"memory_usage"}
    assert "network_io is left out" in sampler.warnings[0]


def test_nothing_to_watch() -> None:
    with running("") as process:
        process.wait()
    sampler = Sampler(lambda: tree(process.pid), metrics=("cpu_usage",), subject="process 77")
    with pytest.raises(MeasureError, match="no process 77"), sampler:
        pass


def test_an_end_before_the_block_is_told() -> None:
    with running("import sys; sys.stdin.readline()") as process, sampler_of(process, "memory_usage") as sampler:
        process.communicate("\n")
        assert sampler.wait_for_end(10)
    assert by_metric(sampler)["memory_usage"].n >= 1
    assert "ended early" in sampler.warnings[0]


def test_a_block_too_short_for_a_sample_is_told() -> None:
    with running(BURN) as process, sampler_of(process, "cpu_usage", interval=30) as sampler:
        pass
    assert sampler.measurements("s") == ()
    assert "over before the first sample" in sampler.warnings[0]


def test_a_defect_in_the_background_is_not_swallowed() -> None:
    def fail_at_second_look() -> list[int]:
        if calls:
            raise RuntimeError("broken list")
        calls.append(1)
        return [os.getpid()]

    calls: list[int] = []
    with (
        pytest.raises(RuntimeError, match="broken list"),
        Sampler(fail_at_second_look, metrics=("memory_usage",), interval=0.01),
    ):
        time.sleep(1.0)


@LINUX
def test_what_may_not_be_read_is_left_out_aloud() -> None:
    source = """
import os, sys
import psutil
from perfreg.measure.sampler import Sampler
pid = int(sys.argv[1])
with Sampler(lambda: [pid], metrics=("disk_io", "memory_usage")) as warm_up:
    pass
warm_up.measurements("s")  # loads what the other user could not
if os.geteuid() == 0:
    os.seteuid(65534)
with Sampler(lambda: [pid], metrics=("disk_io", "memory_usage")) as sampler:
    pass
print([each.metric for each in sampler.measurements("s")], *sampler.warnings)
"""
    foreign = os.getpid() if os.geteuid() == 0 else 1
    done = subprocess.run([sys.executable, "-c", source, str(foreign)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("['memory_usage'] disk_io is left out: no permission to read it of process")


def test_monitor_watches_what_it_is_told(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    with running(BURN) as process:
        name = psutil.Process(process.pid).name()
        for monitor in (Monitor(pid=process.pid), Monitor(process=name), Monitor()):
            with monitor_for(monitor, context) as sampler:
                time.sleep(0.3)
            assert {*by_metric(sampler)} == {"cpu_usage", "memory_usage"}
    with (
        pytest.raises(MeasureError, match="no process named 'no such name'"),
        monitor_for(Monitor(process="no such name"), context),
    ):
        pass


def test_monitor_watches_the_service_by_default(tmp_path: Path) -> None:
    with start(tmp_path, f"{server(tmp_path)} {{port}}") as service:
        with monitor_for(Monitor(), make_context(tmp_path, service=service)) as sampler:
            time.sleep(0.2)
        assert sampler.subject == "service"
        assert by_metric(sampler)["memory_usage"].value < 60


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"metrics": ["cpu"]}, "'cpu_usage', 'memory_usage', .*'threads' or 'open_files'"),
        ({"metrics": []}, "at least 1"),
        ({"pid": 1, "process": "x"}, "not both"),
        ({"interval": 0.0001}, "greater than or equal to 0.01"),
    ],
)
def test_a_monitor_that_makes_no_sense(keys: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Monitor.model_validate(keys)


def growth_of(counters: dict[int, float], *, goes_to_parent: bool = True) -> Callable[[dict[int, float]], float]:
    return Flow(counters, 0.0, goes_to_parent=goes_to_parent).growth


def test_growth_of_processes_that_come_and_go() -> None:
    growth = growth_of({1: 10.0, 2: 100.0})
    assert growth({1: 11.0, 2: 103.0}) == 4.0
    assert growth({1: 12.0, 2: 103.0, 3: 2.0}) == 3.0  # a new one started from zero
    assert growth({1: 5.0, 2: 103.0, 3: 2.0}) == 0.0  # another process under an old id


def test_an_inherited_account_is_no_growth() -> None:
    at_once = growth_of({1: 10.0, 2: 100.0})
    assert at_once({1: 112.0}) == 2.0
    assert at_once({1: 113.0}) == 1.0
    one_look_later = growth_of({1: 10.0, 2: 100.0})
    assert one_look_later({1: 10.0}) == 0.0
    assert one_look_later({1: 111.0}) == 1.0
    never = growth_of({1: 10.0, 2: 100.0})
    assert [never({1: 11.0}), never({1: 12.0}), never({1: 13.0})] == [0.0, 0.0, 1.0]
