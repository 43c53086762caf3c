from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfreg.stats.paired import Pairs, pairs_of
from perfreg.stats.sequential import FEWEST, Look, is_look, looks, p_values, share

ALPHA = 0.005
seeds = st.integers(min_value=0, max_value=2**32 - 1)
sizes = st.integers(min_value=FEWEST, max_value=40)
changes = st.floats(min_value=-0.1, max_value=0.1)
few = settings(max_examples=15)


def some_pairs(seed: int, n: int, change: float, rows: int = 3) -> Pairs:
    rng = np.random.default_rng(seed)
    base, head = np.exp(0.02 * rng.standard_t(3, (2, rows, n)))
    return pairs_of(base, head * np.exp(change))


@few
@given(seeds, sizes, changes, st.sampled_from([0.0, 0.02]), st.booleans())
def test_the_decision_agrees_with_the_interval(seed: int, n: int, change: float, effect: float, final: bool) -> None:
    for look in looks(some_pairs(seed, n, change), effect, alpha=ALPHA, final=final):
        decision = look.decide(ALPHA)
        if decision == "slower":
            assert look.low >= effect - 1e-5
        if decision == "faster":
            assert look.high <= -effect + 1e-5
        if decision == "same":
            assert look.low >= -effect - 1e-5
            assert look.high <= effect + 1e-5
        # Below that many pairs an error rate so small cannot be claimed, so the interval is only that of the pairs.
        if 2.0**-n <= ALPHA * share(n, final=final) and look.low > effect + 1e-5:
            assert decision == "slower"


@few
@given(seeds, sizes, changes)
def test_a_larger_minimum_effect_is_harder_to_exceed(seed: int, n: int, change: float) -> None:
    pairs = some_pairs(seed, n, change)
    decisions = [
        [look.decide(ALPHA) for look in looks(pairs, effect, alpha=ALPHA, final=False)] for effect in (0.0, 0.02, 0.05)
    ]
    for least, middle, most in zip(*decisions, strict=True):
        assert not (most == "slower" and middle != "slower")
        assert not (middle == "slower" and least != "slower")


@few
@given(seeds, sizes, changes, st.booleans())
def test_exchanging_the_sides_mirrors_the_look(seed: int, n: int, change: float, final: bool) -> None:
    pairs = some_pairs(seed, n, change)
    opposite = {"slower": "faster", "faster": "slower", "same": "same", "open": "open"}
    here = looks(pairs, 0.02, alpha=ALPHA, final=final)
    there = looks(pairs.mirrored(), 0.02, alpha=ALPHA, final=final)
    for look, mirrored in zip(here, there, strict=True):
        assert mirrored.decide(ALPHA) == opposite[look.decide(ALPHA)]
        assert (mirrored.low, mirrored.high) == (-look.high, -look.low)
        assert (mirrored.p_slower, mirrored.p_not_slower) == (look.p_faster, look.p_not_faster)
        assert mirrored.change == pytest.approx(-look.change, abs=1e-5)


@few
@given(seeds, sizes, changes, st.booleans())
def test_the_change_lies_in_its_interval(seed: int, n: int, change: float, final: bool) -> None:
    for look in looks(some_pairs(seed, n, change), 0.02, alpha=ALPHA, final=final):
        assert look.low - 1e-5 <= look.change <= look.high + 1e-5
        assert look.detectable > 0.02
        assert 0 < min(look.p_slower, look.p_faster, look.p_not_slower, look.p_not_faster) <= 1


@pytest.mark.parametrize("n", range(1, FEWEST))
def test_fewer_than_eight_pairs_decide_nothing(n: int) -> None:
    for look in looks(some_pairs(1, n, 3.0), 0.02, alpha=0.2, final=True):
        assert look.decide(0.2) == "open"
        assert (look.low, look.high, look.detectable) == (-math.inf, math.inf, math.inf)


def test_eight_pairs_that_agree_decide() -> None:
    pairs = some_pairs(2, 8, 0.4, rows=1)
    assert looks(pairs, 0.02, alpha=ALPHA, final=False)[0].decide(ALPHA) == "slower"
    # All beyond, but not by much the same amount: that may be luck.
    uneven = Pairs(difference=np.array([[0.01] * 6 + [0.9, 1.4]]), level=np.zeros((1, 8)), inflation=np.ones(1))
    assert p_values(uneven, 0.0, final=False)[0] > ALPHA


def test_all_shares_together_are_moderate() -> None:
    """Looks at the same data mostly agree, which is why they may add up to more than one; see the simulations."""
    assert sum(share(n, final=False) for n in range(12, 65) if is_look(n)) < 2
    assert share(48, final=True) == 0.2


def test_looks_get_rarer_when_pairs_are_many() -> None:
    assert [n for n in range(1, 12) if is_look(n)] == [8, 9, 10, 11]
    assert sum(is_look(n) for n in range(1, 20_001)) < 150
    longest = max(np.diff([n for n in range(1, 20_001) if is_look(n)]) / 20_000)
    assert longest < 0.1


def test_a_look_tells_what_it_could_have_shown() -> None:
    quiet, loud = (
        looks(
            pairs_of(*np.exp(sigma * np.random.default_rng(3).standard_normal((2, 1, 32)))),
            0.02,
            alpha=ALPHA,
            final=True,
        )[0]
        for sigma in (0.001, 0.1)
    )
    assert quiet.detectable < 0.03 < loud.detectable
    assert quiet.sigma == pytest.approx(0.0014, rel=0.5)


def test_doubt_comes_before_sameness() -> None:
    clear = Look(
        n=20, change=0.05, low=0.03, high=0.07, p_slower=0.001, p_faster=1, p_not_slower=1, p_not_faster=0.001,
        sigma=0.01, detectable=0.03,
    )  # fmt: skip
    assert clear.decide(0.005) == "slower"
    assert clear.decide(0.0005) == "open"


@given(st.integers(FEWEST, 500), st.integers(0, 2000))
def test_what_the_last_look_may_claim_more_is_what_no_other_look_can_have_claimed(since: int, more: int) -> None:
    last = share(since + more, final=True, since=since)
    before = sum(share(n, final=False) for n in range(since, since + more) if is_look(n))
    assert last == share(1, final=True) or last + before <= 1
    assert share(since + more, final=True) <= last < 1
