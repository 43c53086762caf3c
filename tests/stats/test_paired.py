from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfreg.stats.paired import Pairs, agree, centers, exceeds, lower_bounds, pairs_of, spreads

seeds = st.integers(min_value=0, max_value=2**32 - 1)
sizes = st.sampled_from([8, 9, 12, 21, 24, 40])
few = settings(max_examples=15)


def some_pairs(seed: int, n: int, *, change: float = 0.0, rows: int = 3) -> Pairs:
    rng = np.random.default_rng(seed)
    base, head = np.exp(0.02 * rng.standard_t(3, (2, rows, n)) + 0.1 * rng.random((rows, n)))
    return pairs_of(base, head * np.exp(change))


@few
@given(seeds, sizes, st.floats(min_value=-0.1, max_value=0.1))
def test_exchanging_the_sides_mirrors_everything(seed: int, n: int, change: float) -> None:
    pairs = some_pairs(seed, n, change=change)
    other = pairs_of(np.exp(pairs.level + pairs.difference / 2), np.exp(pairs.level - pairs.difference / 2))
    assert other.difference == pytest.approx(pairs.mirrored().difference, abs=1e-12)
    assert lower_bounds(other, 0.01) == pytest.approx(lower_bounds(pairs.mirrored(), 0.01), abs=1e-5)
    assert centers(pairs.mirrored()) == pytest.approx(-centers(pairs), abs=1e-5)
    assert spreads(pairs.mirrored()) == pytest.approx(spreads(pairs))


@few
@given(seeds, sizes, st.floats(min_value=-50, max_value=50))
def test_the_unit_does_not_matter(seed: int, n: int, unit: float) -> None:
    pairs = some_pairs(seed, n)
    scaled = Pairs(difference=pairs.difference, level=pairs.level + unit, inflation=pairs.inflation)
    assert exceeds(scaled, 0.001) == pytest.approx(exceeds(pairs, 0.001), rel=1e-6)
    assert lower_bounds(scaled, 0.01) == pytest.approx(lower_bounds(pairs, 0.01), abs=1e-5)


@few
@given(seeds, sizes, st.floats(min_value=-1, max_value=1))
def test_a_change_moves_the_interval_by_just_as_much(seed: int, n: int, change: float) -> None:
    here, there = some_pairs(seed, n), some_pairs(seed, n, change=change)
    assert lower_bounds(there, 0.01) == pytest.approx(lower_bounds(here, 0.01) + change, abs=1e-5)
    assert centers(there) == pytest.approx(centers(here) + change, abs=1e-5)


@few
@given(seeds, sizes)
def test_the_order_of_the_pairs_does_not_matter(seed: int, n: int) -> None:
    pairs = some_pairs(seed, n)
    order = np.random.default_rng(seed).permutation(n)
    mixed = Pairs(difference=pairs.difference[:, order], level=pairs.level[:, order], inflation=pairs.inflation)
    assert lower_bounds(mixed, 0.01) == pytest.approx(lower_bounds(pairs, 0.01), abs=1e-5)
    assert exceeds(mixed, 0.0) == pytest.approx(exceeds(pairs, 0.0), rel=1e-9)


@few
@given(seeds, sizes)
def test_rows_do_not_influence_each_other(seed: int, n: int) -> None:
    pairs = some_pairs(seed, n)
    alone = pairs.chosen(np.array([False, True, False]))
    assert lower_bounds(alone, 0.005)[0] == pytest.approx(lower_bounds(pairs, 0.005)[1], abs=1e-6)
    assert exceeds(alone, 0.0)[0] == pytest.approx(exceeds(pairs, 0.0)[1], rel=1e-9)


@few
@given(seeds, sizes)
def test_the_bound_is_where_the_test_ends_rejecting(seed: int, n: int) -> None:
    pairs = some_pairs(seed, n)
    bound = lower_bounds(pairs, 0.01)
    assert (exceeds(pairs, bound) <= 0.01).all()
    assert (exceeds(pairs, bound + 2e-6) > 0.01).all()
    assert (bound <= centers(pairs) + 1e-6).all()


@few
@given(seeds, sizes)
def test_a_smaller_error_rate_gives_a_wider_interval(seed: int, n: int) -> None:
    pairs = some_pairs(seed, n)
    assert (lower_bounds(pairs, 0.005) <= lower_bounds(pairs, 0.05) + 1e-6).all()


def test_the_interval_covers_the_change_at_the_stated_rate() -> None:
    found = lower_bounds(some_pairs(7, 30, change=0.05, rows=1000), 0.05) > 0.05
    # A thousand trials of 5 %, and three standard deviations.
    assert 0.029 <= found.mean() <= 0.071


def test_too_few_pairs_bound_nothing() -> None:
    assert lower_bounds(some_pairs(1, 5), 0.01).tolist() == [-np.inf] * 3


@pytest.mark.parametrize("n", [8, 30])
def test_equal_pairs_differ_by_nothing(n: int) -> None:
    pairs = pairs_of(np.full((1, n), 3.0), np.full((1, n), 3.0))
    assert centers(pairs)[0] == pytest.approx(0.0, abs=1e-9)
    assert lower_bounds(pairs, 0.005)[0] == pytest.approx(0.0, abs=1e-9)
    assert exceeds(pairs, 0.0)[0] == 1.0


def test_a_single_hiccup_hardly_moves_anything() -> None:
    pairs = some_pairs(3, 24, change=0.05, rows=1)
    wild = pairs.difference.copy()
    wild[0, 4] = 9.0
    shaken = Pairs(difference=wild, level=pairs.level, inflation=pairs.inflation)
    assert centers(shaken)[0] == pytest.approx(centers(pairs)[0], abs=0.01)
    assert lower_bounds(shaken, 0.005)[0] == pytest.approx(lower_bounds(pairs, 0.005)[0], abs=0.02)


def test_a_disturbed_pair_counts_for_less() -> None:
    rng = np.random.default_rng(2)
    difference, level = 0.03 + 0.01 * rng.standard_normal((1, 12)), 0.01 * rng.standard_normal((1, 12))
    difference[0, 3] = -0.2
    lone = Pairs(difference=difference, level=level, inflation=np.ones(1))
    busy = Pairs(difference=difference, level=level + np.where(np.arange(12) == 3, 0.5, 0.0), inflation=np.ones(1))
    assert exceeds(busy, 0.0)[0] < exceeds(lone, 0.0)[0]


def test_resembling_rounds_say_less() -> None:
    pairs = some_pairs(4, 24, change=0.02)
    alike = Pairs(difference=pairs.difference, level=pairs.level, inflation=np.full(3, 3.0))
    assert (exceeds(alike, 0.0) > exceeds(pairs, 0.0)).all()
    assert (lower_bounds(alike, 0.01) < lower_bounds(pairs, 0.01)).all()


def test_pairs_agree_when_all_are_beyond_and_alike() -> None:
    difference = np.array([[0.05, 0.051, 0.049, 0.05], [0.05, 0.051, 0.049, -0.001], [0.001, 0.3, 0.002, 0.01]])
    pairs = Pairs(difference=difference, level=np.zeros((3, 4)), inflation=np.ones(3))
    assert agree(pairs, 0.0, consistency=2.0).tolist() == [True, False, False]
    assert not agree(pairs, 0.06, consistency=2.0).any()
    resembling = Pairs(difference=difference, level=np.zeros((3, 4)), inflation=np.full(3, 1.5))
    assert not agree(resembling, 0.0, consistency=2.0).any()


@pytest.mark.parametrize("heads", [(12.0,), (12.0, 12.0, 12.0001), (2.0, 2.0 + 1e-12)])
@pytest.mark.parametrize("n", [8, 30])
def test_differences_that_are_all_but_equal_have_bounds(heads: tuple[float, ...], n: int) -> None:
    head = np.array([[heads[i % len(heads)] for i in range(n)]])
    pairs = pairs_of(np.full((1, n), 11.0), head)
    low, high = lower_bounds(pairs, 0.005), -lower_bounds(pairs.mirrored(), 0.005)
    assert low[0] == pytest.approx(pairs.difference.min(), abs=1e-5)
    assert high[0] == pytest.approx(pairs.difference.max(), abs=1e-5)
