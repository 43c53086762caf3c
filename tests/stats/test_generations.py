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
    found = inflation(of_starts(rng, starts=30, rounds=6, luck=0.0, rows=200), np.repeat(np.arange(30), 6).tolist())
    assert np.mean(found) < 1.3
    assert (found >= 1).all()


def test_few_starts_prove_less_than_many() -> None:
    """A sum of rounds is called large as often as it may be, although the variance between starts is an estimate."""
    rng = np.random.default_rng(5)
    for starts, rounds in ((6, 20), (12, 10), (30, 4)):
        values = of_starts(rng, starts=starts, rounds=rounds, luck=0.5, rows=4000)
        sums = values.sum(axis=1) / np.sqrt(np.square(values - values.mean(axis=1, keepdims=True)).sum(axis=1))
        beyond = sums / np.sqrt(inflation(values, np.repeat(np.arange(starts), rounds).tolist()))
        assert (
            np.mean(beyond > 2.807) < 0.006
        )  # 0.25 % of a normal distribution; without the doubt it is 1.9 % with six starts


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
