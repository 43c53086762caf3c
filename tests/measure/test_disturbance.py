from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.measure import disturbance
from perfreg.measure.cgroup import Throttling
from perfreg.measure.disturbance import Disturbance, Look, conditions, doubts, look
from perfreg.measure.proc.text import HostTimes

FIGURES = ["stolen", "throttled", "others", "cpu_pressure", "memory_pressure", "io_pressure"]
START = Look(
    at=100.0,
    tick_s=0.01,
    processors=4,
    host=HostTimes(work=1000, interrupts=10, stolen=5),
    others=300,
    throttling=Throttling(stopped_us=(0, 7_000_000)),
    waited_us={"cpu": 1_000_000, "memory": 0, "io": 0},
)


def test_a_quiet_span() -> None:
    found = conditions(START, replace(START, at=110.0, host=HostTimes(work=2000, interrupts=10, stolen=5)))
    assert found == dict.fromkeys(FIGURES, 0.0)
    assert list(found) == FIGURES
    assert list(doubts(found)) == []


def test_what_the_hypervisor_took_is_a_share_of_what_was_wanted() -> None:
    found = conditions(START, replace(START, at=110.0, host=HostTimes(work=1080, interrupts=18, stolen=17)))
    assert found["stolen"] == 12.0  # although it is a part of 0.3 % of all the time of four processors
    assert list(doubts(found)) == ["disturbed: the hypervisor stole 12 % of the processor time that was wanted"]


def test_a_few_ticks_tell_nothing() -> None:
    found = conditions(START, replace(START, at=110.0, host=HostTimes(work=1002, interrupts=10, stolen=10)))
    assert found["stolen"] == 0.0


def test_the_limit_of_a_container() -> None:
    after = replace(START, at=110.0, throttling=Throttling(stopped_us=(500_000, 8_500_000)))
    found = conditions(START, after)
    assert found["throttled"] == 15.0  # of the group that was stopped the longest
    assert list(doubts(found, cpu_limit=1.5)) == [
        "disturbed: the container's limit of 1.5 CPUs stopped it in 15 % of the time"
    ]


@pytest.mark.parametrize(
    ("others", "waited_us", "disturbed"),
    [(1600, 9_000_000, True), (0, 10_000_000, False), (1600, 200_000, False), (200, 9_000_000, False)],
    ids=["waiting for others", "a load of our own", "room for all", "a little of others"],
)
def test_others_disturb_where_work_waits(others: int, waited_us: int, *, disturbed: bool) -> None:
    waited = {**START.waited_us, "cpu": 1_000_000 + waited_us}
    found = conditions(START, replace(START, at=110.0, others=300 + others, waited_us=waited))
    assert found["others"] == 100 * others * 0.01 / 40
    said = list(doubts(found))
    if not disturbed:
        assert said == []
    else:
        assert said == [
            "disturbed: other processes used 40 % of the machine's processors, and work waited for one 90 % of the time"
        ]


def test_memory_that_is_short() -> None:
    found = conditions(
        START, replace(START, at=110.0, waited_us={**START.waited_us, "memory": 2_000_000, "io": 9 * 10**6})
    )
    assert found["io_pressure"] == 90.0  # which is no doubt
    assert list(doubts(found)) == ["disturbed: memory was short, and waited for 20 % of the time"]


def test_a_moment_is_not_judged() -> None:
    assert conditions(START, replace(START, at=100.9, others=999)) == {}


def test_only_what_was_seen_at_both_ends_counts() -> None:
    bare = Look(at=110.0, tick_s=0.01, processors=4)
    assert conditions(START, bare) == conditions(replace(bare, at=90.0), START) == {}
    other_groups = replace(START, at=110.0, throttling=Throttling(stopped_us=(1,)))
    assert "throttled" not in conditions(START, other_groups)


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_counters_that_jump_stay_shares(a: int, b: int, c: int) -> None:
    after = replace(START, at=110.0, host=HostTimes(work=a, interrupts=b, stolen=c), others=a, waited_us={"cpu": b})
    assert all(0 <= share <= 100 for share in conditions(START, after).values())


def test_files_of_a_disturbed_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proc = tmp_path / "proc"
    (proc / "self").mkdir(parents=True)
    (proc / "pressure").mkdir()
    group = tmp_path / "sys/fs/cgroup"
    group.mkdir(parents=True)
    (proc / "self/cgroup").write_text("0::/\n")
    (proc / "self/mountinfo").write_text("1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
    (group / "cpu.max").write_text("100000 100000\n")

    def at(second: float, stolen: int, throttled: int) -> None:
        monkeypatch.setattr(time, "monotonic", lambda: second)
        (proc / "stat").write_text(f"cpu {100 + 10 * second:.0f} 0 0 0 0 0 0 {stolen} 0 0\n")
        (proc / "pressure/cpu").write_text(f"some avg10=0 avg60=0 avg300=0 total={second * 5e5:.0f}\n")
        (proc / "pressure/io").write_text("garbage")
        (group / "cpu.stat").write_text(f"nr_throttled {throttled}\n")

    at(10, stolen=0, throttled=0)
    with Disturbance(others=False, root=tmp_path) as around:
        at(20, stolen=100, throttled=30)
    assert around.conditions == {"stolen": 50.0, "throttled": 30.0, "cpu_pressure": 50.0}
    assert around.warnings == (
        "disturbed: the hypervisor stole 50 % of the processor time that was wanted",
        "disturbed: the container's limit of 1 CPU stopped it in 30 % of the time",
    )


def test_systems_that_tell_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Disturbance(others=True, root=tmp_path) as around:
        monkeypatch.setattr(disturbance, "SHORTEST_S", 0.0)
    assert (around.conditions, around.warnings) == ({}, ())
    monkeypatch.delattr(os, "sysconf", raising=False)
    assert look(others=True, root=tmp_path) is None
    with Disturbance(others=True) as around:
        pass
    assert (around.conditions, around.warnings) == ({}, ())


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_this_machine() -> None:
    seen = look(others=True)
    assert seen is not None
    assert seen.host is not None
    assert seen.host.work > 0
    assert seen.others is not None
    assert seen.others >= 0
