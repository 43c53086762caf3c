"""Whether a service is warm: trends are seen, noise and zeros do not keep it from being so for ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.runs import measurement

from perfreg.app.compare.steadiness import figure, is_back, is_steady
from perfreg.measure.context import Outcome


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 1.0, 1.0]])
def test_a_few_windows_tell_nothing(values: list[float]) -> None:
    assert not is_steady(values)


@pytest.mark.parametrize("ratio", [0.5, 0.7, 0.9, 1.2])
def test_a_trend_is_not_steady(ratio: float) -> None:
    assert not is_steady([100 * ratio**number for number in range(8)])


def test_what_settles_is_steady_in_the_end() -> None:
    values = [10 + 40 * 0.5**number for number in range(12)]
    assert not is_steady(values[:5])
    assert is_steady(values)


@given(st.floats(1e-6, 1e9))
def test_what_stands_still_is_steady_whatever_its_unit(value: float) -> None:
    assert is_steady([value] * 4)


@given(st.lists(st.floats(0, 1e9), max_size=10))
def test_every_number_has_an_answer(values: list[float]) -> None:
    assert is_steady(values) in (True, False)
    assert is_back(values, 1.0) in (True, False)


def test_zeros_cannot_shrink() -> None:
    assert is_steady([0.0, 0.0, 0.0, 0.0])
    assert is_back([0.0], 5.0)


def test_after_a_restart_it_is_enough_to_be_back() -> None:
    assert not is_back([], 10.0)
    assert not is_back([20.0], 10.0)
    assert is_back([20.0, 10.5], 10.0)


def test_the_figure_is_the_first_that_may_shrink() -> None:
    points = (measurement("a.error_rate", 0.0), measurement("a.throughput", 9.0), measurement("a.wall_time", 3.0))
    assert figure(Outcome(measurements=points)) == 3.0
    assert figure(Outcome()) is None
