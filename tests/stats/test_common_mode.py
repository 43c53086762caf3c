from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from perfreg.stats.common_mode import shared


def _sessions(size: int, benchmarks: int, *, common: float, own: float, seed: int = 1) -> NDArray[np.float64]:
    chance = np.random.default_rng(seed)
    return chance.normal(0, common, size)[:, None] + chance.normal(0, own, (size, benchmarks))


def test_what_the_sessions_share_is_taken_off() -> None:
    table = _sessions(120, 8, common=0.1, own=0.01)
    clean = table - shared(table, 100)
    assert np.std(clean[100:], axis=0).max() < 0.25 * np.std(table[100:], axis=0).min()


def test_strangers_are_left_alone() -> None:
    assert not shared(_sessions(120, 30, common=0.0, own=0.05), 100).any()


def test_a_step_of_one_benchmark_stays_its_own() -> None:
    table = _sessions(120, 8, common=0.1, own=0.01)
    stepped = table.copy()
    stepped[100:, 3] += 0.2
    off, before = shared(stepped, 100), shared(table, 100)
    assert off[:, 3] == pytest.approx(before[:, 3])  # the benchmark does not explain itself
    assert np.abs(off - before).max() < 0.03  # nor, by much, the others


def test_a_benchmark_that_follows_nobody_keeps_its_values() -> None:
    table = _sessions(120, 8, common=0.1, own=0.01)
    table[:, 0] = np.random.default_rng(9).normal(0, 0.1, 120)
    off = shared(table, 100)
    assert not off[:, 0].any()
    assert off[:, 1].any()


@pytest.mark.parametrize("known", [0, 5, 19])
def test_too_little_past_is_no_ground(known: int) -> None:
    assert not shared(_sessions(60, 8, common=0.1, own=0.01), known).any()


def test_missing_runs_are_borne() -> None:
    table = _sessions(120, 8, common=0.1, own=0.01)
    table[np.random.default_rng(3).random(table.shape) < 0.3] = np.nan
    table[:, 7] = np.nan
    table[50] = np.nan
    off = shared(table, 100)
    assert np.isfinite(off).all()
    assert np.nanstd((table - off)[100:, :7]) < 0.03


def test_values_after_a_session_do_not_matter_to_it() -> None:
    table = _sessions(120, 8, common=0.1, own=0.01)
    changed = table.copy()
    changed[110:] += 5.0
    assert shared(changed, 100)[:110] == pytest.approx(shared(table, 100)[:110])


def test_each_follows_by_a_factor_of_its_own() -> None:
    factors = np.array([0.4, 0.6, 1.0, 1.6])
    chance = np.random.default_rng(2)
    # The newest runs fell on another processor, which costs each benchmark something else.
    machine = np.concatenate([0.2 * chance.integers(0, 2, 32), np.full(20, 0.4)])
    table = machine[:, None] * factors + chance.normal(0, 0.01, (52, 4))
    clean = table - shared(table, 40)
    assert np.abs(clean[40:] - np.median(clean[:40], axis=0)).max() < 0.1


def test_strangers_do_not_hide_the_companions() -> None:
    table = np.hstack([_sessions(120, 5, common=0.1, own=0.01), _sessions(120, 20, common=0.0, own=0.1, seed=2)])
    off = shared(table, 100)
    assert not off[:, 5:].any()
    assert np.std((table - off)[100:, :5], axis=0).max() < 0.03
