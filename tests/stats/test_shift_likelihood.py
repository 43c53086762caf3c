from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from perfreg.stats.shift_likelihood import evidence

INDIFFERENCE = 0.0075


def _two_levels(size: int, seed: int = 1) -> NDArray[np.float64]:
    """Logarithms of runs on two kinds of machines, 25 % apart, each known to 0.3 %."""
    chance = np.random.default_rng(seed)
    logs: NDArray[np.float64] = chance.normal(0, 0.003, size) + np.log(1.25) * chance.integers(0, 2, size)
    return logs


def _last(base: NDArray[np.float64], recent: NDArray[np.float64], thin: int = 1) -> float:
    return float(evidence(base[None], recent[None], indifference=INDIFFERENCE, thin=thin)[0, -1])


def test_a_small_shift_of_sharp_levels_is_beyond_doubt() -> None:
    base, recent = _two_levels(100), _two_levels(6, seed=2)
    assert _last(base, recent) < 1
    assert _last(base, recent + np.log(1.03)) > 4.5


def test_a_shift_downwards_or_within_indifference_is_none() -> None:
    base, recent = _two_levels(100), _two_levels(13, seed=2)
    assert _last(base, recent - 0.03) < 1
    assert _last(base, recent + 0.6 * INDIFFERENCE) < 1.5


def test_one_outlier_is_no_shift() -> None:
    base, recent = _two_levels(100), _two_levels(13, seed=2)
    recent[4] += 2.0
    assert _last(base, recent) < 2


@pytest.mark.parametrize("size", [8, 26, 100])
def test_padding_does_not_count(size: int) -> None:
    base, recent = _two_levels(size), _two_levels(6, seed=2) + 0.05
    padded = np.full(100, np.nan)
    padded[:size] = base
    assert _last(padded, recent) == pytest.approx(_last(base, recent), rel=1e-4)


def test_equal_runs_and_no_cases_are_no_trouble() -> None:
    assert _last(np.zeros(20), np.zeros(6)) == 0
    assert _last(np.zeros(20), np.full(6, 0.1)) > 4
    assert evidence(np.empty((0, 100)), np.empty((0, 13)), indifference=INDIFFERENCE).shape == (0, 13)


def test_the_cursory_look_comes_near_the_thorough_one() -> None:
    differences = [
        _last(_two_levels(100, seed), recent, thin=5) - _last(_two_levels(100, seed), recent)
        for seed in range(20)
        for recent in [_two_levels(8, seed + 100) + 0.04]
    ]
    assert np.median(np.abs(differences)) < 0.6
