from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perfreg.analysis.suites import Track, suites, together


def test_series_with_common_sessions_are_a_suite() -> None:
    groups = suites([range(50), range(50), range(20, 70), range(60, 90), range(100, 150), []])
    assert sorted(groups) == [[0, 1, 2, 3], [4], [5]]


def test_small_and_scattered_groups_are_taken_apart() -> None:
    assert suites([range(50), range(50), range(50)]) == [[0], [1], [2]]
    chain = [[i * 100, i * 100 + 100] for i in range(20)]
    assert suites(chain) == [[i] for i in range(20)]
    assert suites([]) == []


def test_sessions_of_others_make_no_difference() -> None:
    chance = np.random.default_rng(1)
    logs = chance.normal(0, 0.1, 90)[:, None] + chance.normal(0, 0.01, (90, 6))

    def windows(every: int) -> list[NDArray[np.float64]]:
        tracks = [Track(logs=column, sessions=np.arange(90) * every) for column in logs.T]
        return [each for glimpse in together(tracks) for each in (glimpse.window, glimpse.adjusted) if each is not None]

    assert suites([np.arange(90) * 7] * 6) == [[0, 1, 2, 3, 4, 5]]
    for dense, sparse in zip(windows(1), windows(7), strict=True):
        np.testing.assert_array_equal(dense, sparse)
