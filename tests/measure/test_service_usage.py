from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.services import script, start

from perfreg.measure.context import Service
from perfreg.measure.service import RunningService
from perfreg.measure.service_usage import SAMPLED_FROM_S, ServiceUsage
from perfreg.model.run import Measurement

# Two processes: one burns, one waits in four threads with thirty open files.
BUSY = """
import os, socket, sys, threading, time
if os.fork() == 0:
    files = [open(os.devnull) for _ in range(30)]
    for _ in range(3):
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    time.sleep(600)
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    sum(range(10_000))
"""
linux = pytest.mark.skipif(sys.platform != "linux", reason="forks, and counts all of it")


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[RunningService]:
    with start(tmp_path, f"exec {script(tmp_path, BUSY)} {{port}}") as service:
        yield service


def watched(service: Service | None, load_s: float) -> tuple[ServiceUsage, dict[str, Measurement]]:
    with ServiceUsage(service, load_s) as usage:
        time.sleep(load_s)
    return usage, {each.metric: each for each in usage.measurements("s")}


@linux
def test_a_load_that_lasts(busy: RunningService) -> None:
    usage, found = watched(busy, 1.5)
    assert usage.cost is not None
    assert 0 < usage.cost.cpu_s < 1.5 * usage.cost.wall_s
    assert usage.cost.wall_s >= 1.5
    assert usage.warnings == ()
    names = {"cpu_usage", "memory_usage", "memory_usage_mean", "context_switches", "threads", "open_files"}
    assert names <= {*found} <= names | {"disk_io"}
    assert found["cpu_usage"].value == pytest.approx(100 * usage.cost.busy, rel=0.3, abs=5)
    assert found["threads"].value == 5
    assert 30 <= found["open_files"].value < 100
    assert found["context_switches"].value >= 0
    assert 0 < found["memory_usage_mean"].value <= found["memory_usage"].value < 100
    assert {each.direction for name, each in found.items() if name != "memory_usage"} == {"none"}
    assert found["memory_usage"].direction == "lower"


@linux
def test_a_block_is_looked_at_from_its_ends_only(busy: RunningService) -> None:
    listings = 0

    class Counted:
        base_url, pid = busy.base_url, busy.pid

        def check(self, patience: float = 0.0) -> None: ...

        def process_ids(self) -> list[int]:
            nonlocal listings
            listings += 1
            return busy.process_ids()

    usage, found = watched(Counted(), SAMPLED_FROM_S / 5)
    assert listings == 1
    assert {*found} == {"memory_usage"}
    assert found["memory_usage"].n == 2
    assert usage.cost is not None
    assert usage.cost.cpu_s > 0


def test_somebody_elses_service() -> None:
    usage, found = watched(None, 0.01)
    assert (usage.cost, usage.warnings, found) == (None, (), {})


@linux
def test_a_load_that_fails_costs_nothing(busy: RunningService) -> None:
    usage = ServiceUsage(busy, 1.0)
    with pytest.raises(ZeroDivisionError), usage:
        _ = 1 / 0
    assert usage.cost is None
