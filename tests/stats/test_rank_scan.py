from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import ndtri

from perfreg.stats.rank_scan import BASE, GAP, HISTORY, below, scores, spans

LEAD = 0.0075


def _sums(series: NDArray[np.float64]) -> NDArray[np.float32]:
    """The scores of the newest run of one series, all of whose runs are of one level."""
    window = np.full((1, HISTORY + 1), np.nan)
    window[0, HISTORY + 1 - min(len(series), HISTORY + 1) :] = series[-HISTORY - 1 :]
    sums: NDArray[np.float32] = scores(below(window, LEAD), np.array([0]), 0, spans(np.array([[len(series)]])))[:, 0, 0]
    return sums


def _by_hand(series: NDArray[np.float64], recent: int, base: int) -> NDArray[np.float64]:
    before, newest = series[len(series) - recent - base : len(series) - recent], series[::-1][:recent] - LEAD
    ranks = np.array([np.sum(before < value) + np.sum(before == value) / 2 for value in newest])
    variance = np.mean(ndtri((np.arange(base + 1) + 0.5) / (base + 1)) ** 2)
    k = np.arange(1, recent + 1)
    sums: NDArray[np.float64] = np.cumsum(ndtri((ranks + 0.5) / (base + 1))) / np.sqrt(k * (1 + k / base) * variance)
    return sums


@given(st.integers(12, 400), st.integers(0, 9), st.booleans())
@settings(max_examples=60, deadline=None)
def test_scores_are_those_of_the_definition(size: int, seed: int, rounded: bool) -> None:
    series = np.random.default_rng(seed).normal(0, 0.05, size)
    if rounded:
        series = np.round(series, 2)  # many ties
    shape = spans(np.array([size]))
    recent, base = int(shape.recent[0]), int(shape.base[0])
    found = _sums(series)
    assert found[:recent] == pytest.approx(_by_hand(series, recent, base), rel=1e-4, abs=1e-5)
    assert np.all(np.isneginf(found[recent:]))


def test_a_level_is_divided_when_there_is_enough_of_it() -> None:
    shape = spans(np.array([1, 10, 11, 12, 39, 113, 5000]))
    assert shape.recent.tolist() == [0, 0, 3, 4, GAP, GAP, GAP]
    assert shape.base.tolist() == [0, 0, 8, 8, 26, BASE, BASE]


def test_a_change_within_the_lead_is_nothing_and_one_beyond_it_is() -> None:
    level = np.concatenate([np.zeros(100), np.full(GAP, LEAD * 0.9)])
    assert _sums(level).max() < 0
    level[-GAP:] = LEAD * 1.1
    assert _sums(level).max() > 5
