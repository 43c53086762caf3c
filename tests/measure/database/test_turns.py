"""Who may begin the next passage: so many, for so long, or when a schedule says so."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from perfreg.measure.database.turns import Count, Period, Schedule
from perfreg.measure.engines.profile import constant
from perfreg.stats.describe import BLOCKS


def test_a_number_is_counted_down_and_its_slices_are_equal() -> None:
    turns = Count(25)
    turns.begin()
    taken = [turn.number for turn in iter(turns.take, None)]
    slices = Counter(turns.slice_of(number, 0) for number in taken)

    assert taken == list(range(25))
    assert turns.share == 1.0
    assert slices.keys() == set(range(BLOCKS))
    assert set(slices.values()) == {2, 3}


def test_a_time_ends_by_itself_and_what_is_late_has_a_slice_of_its_own() -> None:
    turns = Period(0.05)
    turns.begin()
    first = turns.take()
    time.sleep(0.06)

    assert first == (0, 0)
    assert turns.take() is None
    assert turns.slice_of(0, time.perf_counter_ns()) == BLOCKS
    assert turns.share == 1.0


@pytest.mark.parametrize("turns", [Count(5), Period(60.0), Schedule(constant(100, 60.0), clients=1, seed=None)])
def test_whoever_cancels_ends_it(turns: Count | Period | Schedule) -> None:
    turns.begin()

    assert turns.take() is not None
    turns.cancel()
    assert turns.take() is None


def test_a_schedule_is_even_or_at_random_by_its_seed() -> None:
    def due(seed: int | None) -> list[int]:
        turns = Schedule(constant(100, 60.0), clients=1, seed=seed)
        turns.begin()
        start, *others = [turn.due for turn in (turns.take() for _ in range(6)) if turn is not None]
        return [each - start for each in others]

    assert due(None) == [10_000_000, 20_000_000, 30_000_000, 40_000_000, 50_000_000]
    assert due(1) == pytest.approx(due(1), abs=1)  # the start is none of the seed
    assert due(1) != pytest.approx(due(2), rel=0.01)


def test_a_short_queue_is_worked_off_and_a_long_one_is_given_up() -> None:
    short, long = (Schedule(constant(1000, 0.005), clients=clients, seed=None) for clients in (5, 4))
    for turns in (short, long):
        turns.begin()
    time.sleep(0.01)

    assert [turn.number for turn in iter(short.take, None)] == [0, 1, 2, 3, 4]
    assert (short.unsent, short.scheduled) == (0, 5)
    assert long.take() is None
    assert (long.unsent, long.scheduled) == (5, 5)
