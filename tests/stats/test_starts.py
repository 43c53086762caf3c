"""Metrics that each start of the service decides anew."""

from __future__ import annotations

import math

import numpy as np
import pytest

from perfreg.stats.paired import Pairs
from perfreg.stats.sequential import Look, looks, share
from perfreg.stats.starts import look_at_starts, rounds_before

EFFECT = math.log(1.02)
ALPHA = 0.005


ROUNDS = 6


def _judged(starts: int, differences: np.ndarray, plain: Look) -> Look:
    generation = [start for start in range(starts) for _ in range(ROUNDS)]
    return look_at_starts(
        plain, differences, generation, min_effect=EFFECT, alpha=ALPHA, portion=share(plain.n, final=True)
    )


def _plain(differences: np.ndarray) -> Look:
    level, inflation = np.zeros((1, differences.size)), np.array([ROUNDS])
    pairs = Pairs(difference=differences[None, :], level=level, inflation=inflation)
    return looks(pairs, EFFECT, alpha=ALPHA, final=True)[0]


def _looked(starts: int, *, change: float = 0.0, luck: float = 0.002) -> Look:
    """A session whose differences depend on the start only."""
    differences = np.repeat(change + luck * np.random.default_rng(1).normal(size=starts), ROUNDS)
    return _judged(starts, differences, _plain(differences))


def test_a_few_starts_tell_what_signs_cannot() -> None:
    same, slower, faster = (_looked(6, change=change) for change in (0.0, 0.05, -0.05))
    assert [each.decide(ALPHA) for each in (same, slower, faster)] == ["same", "slower", "faster"]
    assert same.low < 0 < same.high < EFFECT
    assert slower.low > EFFECT
    assert slower.detectable < 0.05


def test_three_starts_tell_nothing() -> None:
    assert _looked(3, change=0.5).decide(ALPHA) == "open"


def test_starts_that_are_all_alike_are_certain() -> None:
    assert _looked(5, change=0.05, luck=0.0).decide(ALPHA) == "slower"
    assert _looked(5, luck=0.0).decide(ALPHA) == "same"


@pytest.mark.parametrize("starts", [4, 6, 10])
def test_luck_is_no_change_more_often_than_allowed(starts: int) -> None:
    tries = 1500
    sessions = np.repeat(0.05 * np.random.default_rng(2).normal(size=(tries, starts)), ROUNDS, axis=1)
    plain = _plain(sessions[0])  # nothing but its number of pairs is left of it, which all have
    alarms = sum(_judged(starts, session, plain).p_slower <= 0.05 for session in sessions)
    # A fifth of 5 % at the last look, with a margin of four standard errors.
    assert alarms / tries <= 0.01 + 4 * math.sqrt(0.01 / tries)


def test_nobody_judges_before_enough_starts_whatever_the_order_of_the_rounds() -> None:
    generation = [0] * 25 + [1] * 20 + [2] * 25 + [number for number in range(3, 7) for _ in range(5)] + [7] * 9
    assert rounds_before(generation) == 91
    assert rounds_before(generation[::-1]) == 91
    assert rounds_before([0, 0, 1, 1]) == 4
    assert rounds_before([]) == 0
