from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.report.chart import axis_of, mark, words
from perfreg.report.row import Span

PERCENT = st.floats(min_value=-1e12, max_value=1e12)


def span(change: float, low: float, high: float, tolerance: float | None = 10.0) -> Span:
    return Span(change=change, low=low, high=high, tolerance=tolerance)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    low, change, high = sorted((draw(PERCENT), draw(PERCENT), draw(PERCENT)))
    return span(change, low, high, draw(st.none() | st.floats(min_value=0, max_value=1e6)))


def test_zero_is_in_the_middle_and_the_sides_mirror_each_other() -> None:
    axis = axis_of([span(31.0, 27.2, 35.1)])
    assert axis.at(0) == 50
    assert axis.at(20) - 50 == pytest.approx(50 - axis.at(-20))
    assert [label for _, label in axis.ticks] == ["-20 %", "0", "+20 %"]


def test_a_mark_holds_its_interval_and_band() -> None:
    change = span(31.0, 27.2, 35.1)
    axis = axis_of([change])
    placed = mark(change, axis)
    assert placed.low < placed.point < placed.high
    assert placed.band == (axis.at(-10), axis.at(10))
    assert placed.band[1] < placed.low
    assert placed.off == 0


def test_a_change_beyond_the_picture_says_on_which_side() -> None:
    far, farther = span(9000.0, 8000.0, 10000.0), span(-1e9, -1e9, -1e9, None)
    axis = axis_of([far])
    assert axis.reach == 1500
    assert mark(far, axis).off == 1
    assert mark(farther, axis).off == -1
    assert mark(farther, axis).band is None


@given(st.lists(spans(), max_size=5))
def test_everything_stays_inside_the_picture(several: list[Span]) -> None:
    axis = axis_of(several)
    assert 3 <= len(axis.ticks) <= 9
    for each in several:
        placed = mark(each, axis)
        positions = [placed.low, placed.point, placed.high, *(placed.band or ())]
        assert all(0 < position < 100 for position in positions)
        assert placed.low <= placed.point <= placed.high
    assert all(0 < position < 100 for position, _ in axis.ticks)


def test_the_words_say_what_the_picture_shows() -> None:
    assert words("search.p95", span(31.0, 27.2, 35.1), "[+27.2, +35.1]") == (
        "search.p95: change +31.0 %, interval [+27.2, +35.1] %, tolerance 10 % either way"
    )


def test_large_changes_are_ratios_so_that_small_ones_keep_their_place() -> None:
    axis = axis_of([span(300.0, 250.0, 350.0)])
    assert axis.is_logarithmic
    assert [label for _, label in axis.ticks] == ["-75 %", "0", "+300 %"]
    assert axis.at(300.0) - 50 == pytest.approx(50 - axis.at(-75.0))
    assert axis.at(25.0) > 54


def test_a_fall_to_a_tenth_fits_as_a_tenfold_growth_does() -> None:
    axis = axis_of([span(-90.0, -92.0, -88.0)])
    assert axis.at(-90.0) > 4.0
    assert mark(span(-90.0, -92.0, -88.0), axis).off == 0
