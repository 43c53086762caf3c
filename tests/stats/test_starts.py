"""Metrics that each start of the service decides anew."""

from __future__ import annotations

import math

import numpy as np
import pytest

from perfreg.stats.paired import Pairs
from perfreg.stats.sequential import Look, looks
from perfreg.stats.starts import look_at_starts

EFFECT = math.log(1.02)
ALPHA = 0.005


def _looked(starts: int, *, change: float = 0.0, luck: float = 0.002, rounds: int = 6, seed: int = 1) -> Look:
    """A session whose differences depend on the start only."""
    rng = np.random.default_rng(seed)
    differences = np.repeat(change + luck * rng.normal(size=starts), rounds)
    generation = np.repeat(np.arange(starts), rounds)
    pairs = Pairs(difference=differences[None, :], level=np.zeros((1, differences.size)), inflation=np.array([rounds]))
    plain = looks(pairs, EFFECT, alpha=ALPHA, final=True)[0]
    return look_at_starts(
        plain, differences, [int(each) for each in generation], min_effect=EFFECT, alpha=ALPHA, final=True
    )


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
    alarms = sum(_looked(starts, luck=0.05, seed=seed).p_slower <= 0.05 for seed in range(tries))
    # A fifth of 5 % at the last look, with a margin of four standard errors.
    assert alarms / tries <= 0.01 + 4 * math.sqrt(0.01 / tries)
