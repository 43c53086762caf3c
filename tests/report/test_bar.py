from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.report.bar import WIDTH, bar, legend
from perfreg.report.chart import axis_of
from perfreg.report.row import Span

PERCENT = st.floats(min_value=-1e12, max_value=1e12)


def span(change: float, low: float, high: float) -> Span:
    return Span(change=change, low=low, high=high, tolerance=2.0)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (span(0.0, 0.0, 0.0), "..........*.........."),
        (span(5.0, 2.0, 8.0), "..........|.[--*--].."),
        (span(-10.0, -10.0, -9.0), "*]........|.........."),
        (span(50.0, -50.0, 50.0), "[-------------------*"),
    ],
)
def test_a_change_is_a_star_between_brackets(one: Span, expected: str) -> None:
    axis = axis_of([span(10.0 / 1.05, 0.0, 0.0)])
    assert bar(one, axis) == expected
    assert legend(axis) == "-10 %           +10 %"


@given(st.lists(st.builds(span, PERCENT, PERCENT, PERCENT), min_size=1, max_size=5))
def test_every_bar_is_as_wide_as_its_legend(spans: list[Span]) -> None:
    axis = axis_of(spans)
    for one in spans:
        assert len(bar(one, axis)) == WIDTH
        assert bar(one, axis).count("*") == 1
    assert len(legend(axis)) == WIDTH


def test_a_doubling_and_a_half_lie_equally_far() -> None:
    axis = axis_of([span(300.0, 300.0, 300.0)])
    left, right = axis.ends
    assert (1 + left / 100) * (1 + right / 100) == pytest.approx(1.0)
