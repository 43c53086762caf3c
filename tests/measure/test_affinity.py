"""Processors are given away by core, and only where there are enough."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.measure.affinity import parsed, pinned, shares, usable_cores

CORES = st.integers(1, 16).flatmap(
    lambda count: st.lists(st.integers(1, 2), min_size=count, max_size=count).map(
        lambda sizes: [frozenset(range(sum(sizes[:i]), sum(sizes[: i + 1]))) for i in range(len(sizes))]
    )
)


@given(CORES, st.floats(0.1, 64))
def test_nobody_shares_a_core_and_all_are_used(cores: list[frozenset[int]], quota: float) -> None:
    found = shares(cores, quota=quota)
    if found is None:
        assert quota < 4 or len(cores) < 2 or sum(map(len, cores)) < 4
        return
    assert found.load
    assert found.services
    assert not found.load & found.services
    assert found.load | found.services == frozenset().union(*cores)
    assert all(core <= found.load or core <= found.services for core in cores)
    assert len(found.services) >= len(found.load)


def test_four_processors_give_one_to_the_load() -> None:
    assert str(shares([frozenset({cpu}) for cpu in range(4)], quota=4)) == ("load on processors 3, services on 0, 1, 2")
    assert shares([frozenset({cpu}) for cpu in range(64)], quota=2) is None


@pytest.mark.parametrize(("text", "cpus"), [("0\n", {0}), ("0,4", {0, 4}), ("2-4,8", {2, 3, 4, 8})])
def test_lists_of_the_kernel(text: str, cpus: set[int]) -> None:
    assert parsed(text) == cpus


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not pin")
def test_children_stay_where_they_are_started_and_we_move_on() -> None:
    before = os.sched_getaffinity(0)
    assert frozenset().union(*usable_cores()) == before
    wanted = frozenset({min(before)})
    with pinned(wanted):
        question = "import os; print(*os.sched_getaffinity(0))"
        answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True).stdout
    assert {int(cpu) for cpu in answer.split()} == wanted
    assert os.sched_getaffinity(0) == before


def test_nobody_is_pinned_without_a_wish() -> None:
    with pinned(None), pinned(frozenset({100_000})):
        assert usable_cores() is not None
