from __future__ import annotations

from perfreg.analysis.suites import suites


def test_series_with_common_sessions_are_a_suite() -> None:
    groups = suites([range(50), range(50), range(20, 70), range(60, 90), range(100, 150), []])
    assert sorted(groups) == [[0, 1, 2, 3], [4], [5]]


def test_small_and_scattered_groups_are_taken_apart() -> None:
    assert suites([range(50), range(50), range(50)]) == [[0], [1], [2]]
    chain = [[i * 100, i * 100 + 100] for i in range(20)]
    assert suites(chain) == [[i] for i in range(20)]
    assert suites([]) == []
