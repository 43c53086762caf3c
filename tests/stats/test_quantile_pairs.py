from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from perfreg.stats.histogram import BUCKET, Histogram, from_values
from perfreg.stats.quantile_pairs import (
    QuantilePairs,
    buckets_apart,
    exceeds,
    look,
    lower_bound,
    quantile_of,
    quantile_pairs,
)

ALPHA = 0.005
seeds = st.integers(min_value=0, max_value=2**32 - 1)
shares = st.sampled_from([0.5, 0.95, 0.99])
few = settings(max_examples=20)


def latencies(rng: np.random.Generator, rounds: int, size: int) -> NDArray[np.float64]:
    """Skewed, with rounds that are slow as a whole and a tail of hiccups."""
    level = np.exp(0.05 * rng.standard_normal((rounds, 1)))
    hiccups = np.where(rng.random((rounds, size)) < 0.03, 5.0, 1.0)
    found: NDArray[np.float64] = 10 * level * hiccups * np.exp(0.2 * rng.standard_normal((rounds, size)))
    return found


def blocks(values: NDArray[np.float64]) -> tuple[Histogram, ...]:
    return tuple(from_values(row) for row in values)


def some_rounds(seed: int, share: float, *, rounds: int = 16, size: int = 60, factor: float = 1.0) -> QuantilePairs:
    rng = np.random.default_rng(seed)
    base, head = latencies(rng, rounds, size), factor * latencies(rng, rounds, size)
    return quantile_pairs(share, blocks(base), blocks(head))


@few
@given(seeds, shares, st.floats(min_value=0.5, max_value=2.0), st.floats(min_value=-0.2, max_value=0.2))
def test_exchanging_the_sides_mirrors_the_look(seed: int, share: float, factor: float, effect: float) -> None:
    pairs = some_rounds(seed, share, factor=factor)
    here, there = (look(each, abs(effect), alpha=ALPHA, final=True) for each in (pairs, pairs.mirrored()))
    assert (there.low, there.high, there.change) == (-here.high, -here.low, -here.change)
    assert (there.p_slower, there.p_not_slower) == (here.p_faster, here.p_not_faster)


@few
@given(seeds, shares, st.floats(min_value=1e-3, max_value=1e3))
def test_the_unit_does_not_matter(seed: int, share: float, unit: float) -> None:
    rng = np.random.default_rng(seed)
    base, head = latencies(rng, 12, 40), latencies(rng, 12, 40)
    # By whole buckets: anything else moves samples across the borders of theirs.
    scale = math.exp(BUCKET * round(math.log(unit) / BUCKET))
    here = quantile_pairs(share, blocks(base), blocks(head))
    there = quantile_pairs(share, blocks(base * scale), blocks(head * scale))
    assert buckets_apart(there) == pytest.approx(buckets_apart(here), abs=1)
    assert lower_bound(there, 0.01) == pytest.approx(lower_bound(here, 0.01), abs=2.1 * BUCKET)


@few
@given(seeds, shares)
def test_the_order_of_the_rounds_does_not_matter(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    base, head = blocks(latencies(rng, 12, 40)), blocks(latencies(rng, 12, 40))
    order = rng.permutation(12).tolist()
    here = quantile_pairs(share, base, head)
    there = quantile_pairs(share, tuple(base[i] for i in order), tuple(head[i] for i in order))
    assert exceeds(there, 0.0) == pytest.approx(exceeds(here, 0.0))
    assert lower_bound(there, 0.01) == lower_bound(here, 0.01)


@few
@given(seeds, shares, st.floats(min_value=0.8, max_value=1.3))
def test_the_decision_agrees_with_the_interval(seed: int, share: float, factor: float) -> None:
    seen = look(some_rounds(seed, share, factor=factor), 0.02, alpha=ALPHA, final=True)
    if seen.decide(ALPHA) == "slower":
        assert seen.low >= 0.02 - BUCKET
    if seen.low > 0.02 + BUCKET:
        assert seen.decide(ALPHA) == "slower"
    assert seen.low <= seen.change <= seen.high


def test_a_slower_tail_is_found_and_the_median_is_not_blamed() -> None:
    rng = np.random.default_rng(5)
    base, head = latencies(rng, 24, 400), latencies(rng, 24, 400)
    head = np.where(head > np.quantile(head, 0.9), 1.6 * head, head)
    tail = look(quantile_pairs(0.99, blocks(base), blocks(head)), 0.02, alpha=ALPHA, final=True)
    middle = look(quantile_pairs(0.5, blocks(base), blocks(head)), 0.02, alpha=ALPHA, final=True)
    assert tail.decide(ALPHA) == "slower"
    assert tail.low < math.log(1.6) < tail.high
    assert middle.decide(ALPHA) != "slower"


@pytest.mark.parametrize(("share", "size"), [(0.5, 40), (0.95, 40), (0.99, 40)])
def test_the_interval_covers_the_true_ratio_at_the_stated_rate(share: float, size: int) -> None:
    """Blocks of 40 requests hardly have a p99 of their own: only together do they."""
    level, trials, rounds = 0.05, 200, 12
    missed = 0
    for seed in range(trials):
        pairs = some_rounds(seed, share, rounds=rounds, size=size, factor=1.1)
        missed += exceeds(pairs, math.log(1.1) + BUCKET) <= level
    # At most 5 %, and three standard deviations of the trials.
    assert missed <= trials * level + 3 * math.sqrt(trials * level)


@pytest.mark.parametrize("rounds", [10, 24])
def test_unchanged_quantiles_are_called_changed_as_often_as_stated(rounds: int) -> None:
    trials, level = 200, 0.05
    for share in (0.95, 0.99):
        wrong = sum(exceeds(some_rounds(seed, share, rounds=rounds, size=30), 0.0) <= level for seed in range(trials))
        assert wrong <= trials * level + 3 * math.sqrt(trials * level)


def test_quantiles_are_those_of_all_samples() -> None:
    values = np.arange(1.0, 1001.0).reshape(10, 100)
    pairs = quantile_pairs(0.95, blocks(values), blocks(2 * values))
    assert quantile_of(pairs, pairs.base_total) == pytest.approx(950, rel=0.001)
    assert buckets_apart(pairs) * BUCKET == pytest.approx(math.log(2), abs=2 * BUCKET)


def test_a_block_without_samples_has_no_quantile() -> None:
    with pytest.raises(ValueError, match="without samples"):
        quantile_pairs(0.5, (from_values([]),), (from_values([1.0]),))
    with pytest.raises(ValueError, match="without samples"):
        quantile_pairs(0.5, (), ())


@pytest.mark.parametrize("values", [[5.0], [0.0], [0.0, 5.0], [1e-6, 1e6]])
@pytest.mark.parametrize("rounds", [1, 9, 30])
def test_odd_samples_have_a_look_all_the_same(values: list[float], rounds: int) -> None:
    same = tuple(from_values(values) for _ in range(rounds))
    seen = look(quantile_pairs(0.99, same, same), 0.02, alpha=ALPHA, final=True)
    assert seen.change == 0
    assert seen.decide(ALPHA) in ("same", "open")
    assert seen.low <= 0 <= seen.high
