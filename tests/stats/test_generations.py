from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from perfreg.stats.generations import inflation


def of_starts(rng: np.random.Generator, *, starts: int, rounds: int, luck: float, rows: int = 1) -> NDArray[np.float64]:
    """Rounds of several starts, each with its luck."""
    return np.repeat(luck * rng.standard_normal((rows, starts)), rounds, axis=1) + rng.standard_normal(
        (rows, starts * rounds)
    )


def test_rounds_of_lucky_starts_count_for_fewer() -> None:
    rng = np.random.default_rng(1)
    label = np.repeat(np.arange(8), 6).tolist()
    found = inflation(of_starts(rng, starts=8, rounds=6, luck=3.0, rows=50), label)
    # Six rounds of one start are nearly one: the design effect is 1 + 5 * 0.9.
    assert 3.5 < np.median(found) <= 6


def test_independent_rounds_are_hardly_touched() -> None:
    rng = np.random.default_rng(2)
    found = inflation(of_starts(rng, starts=8, rounds=6, luck=0.0, rows=200), np.repeat(np.arange(8), 6).tolist())
    assert np.median(found) < 1.1
    assert (found >= 1).all()


@pytest.mark.parametrize("generation", [[0] * 12, list(range(12))])
def test_one_start_or_one_round_a_start_tell_nothing(generation: list[int]) -> None:
    assert inflation(np.random.default_rng(3).standard_normal((2, 12)), generation).tolist() == [1.0, 1.0]


def test_names_of_starts_do_not_matter() -> None:
    values = of_starts(np.random.default_rng(4), starts=4, rounds=5, luck=2.0)
    here = inflation(values, np.repeat([0, 1, 2, 3], 5).tolist())
    assert inflation(values, np.repeat([70, 3, 9, 12], 5).tolist()) == pytest.approx(here)


@given(
    st.lists(st.floats(min_value=-1e6, max_value=1e6), min_size=1, max_size=20).flatmap(
        lambda values: st.tuples(
            st.just(values), st.lists(st.integers(0, 4), min_size=len(values), max_size=len(values))
        )
    )
)
def test_it_is_between_one_and_the_largest_start(case: tuple[list[float], list[int]]) -> None:
    values, generation = case
    found = inflation(np.array([values]), generation)[0]
    assert 1 <= found <= max(1, len(values)) + 1e-9


def test_constant_rounds_are_independent() -> None:
    assert inflation(np.full((1, 8), 0.1), [0, 0, 1, 1, 2, 2, 3, 3]).tolist() == [1.0]
