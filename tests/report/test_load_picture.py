"""The time line of a load, drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.report.test_html import page_of
from tests.support import results

from perfreg.model.timeline import Timeline
from perfreg.report.load_picture import load_picture

LOAD = Timeline(
    scenario="search",
    step_s=1.0,
    answers=(100, 200, 0, 150),
    failures=(0, 0, 50, 50),
    p50_ms=(10.0, 20.0, None, 15.0),
    p95_ms=(30.0, 40.0, None, 50.0),
)


def test_lines_have_gaps_where_nothing_was_answered() -> None:
    picture = load_picture(LOAD)
    assert picture is not None
    assert [(each.x1, each.x2) for each in picture.p50] == [(12.5, 37.5)]
    (line,) = picture.p95
    # The slower, the higher: positions count from the top.
    assert 0 < line.y2 < line.y1 < 100
    assert line.y1 < picture.p50[0].y1


def test_columns_show_failures_as_a_part_of_all() -> None:
    picture = load_picture(LOAD)
    assert picture is not None
    assert [(each.all, each.failed) for each in picture.columns] == [(50, 0), (100, 0), (25, 25), (100, 25)]
    assert all(each.x + each.width <= 100 for each in picture.columns)


def test_it_is_told_in_words() -> None:
    picture = load_picture(LOAD)
    assert picture is not None
    assert (picture.slowest, picture.most, picture.end) == ("50 ms", "200 req/s", "4.0 s")
    assert picture.words == (
        "p50 from 10 ms at the start to 15 ms at the end, p95 up to 50 ms, failures in 2 steps of 4"
    )


@pytest.mark.parametrize(
    "odd",
    [
        replace(LOAD, answers=(1,)),
        replace(LOAD, answers=(), failures=(), p50_ms=(), p95_ms=()),
        replace(LOAD, p50_ms=(None,) * 4, p95_ms=(None,) * 4),
        replace(LOAD, p50_ms=(0.0,) * 4, p95_ms=(-1.0,) * 4),
    ],
)
def test_what_cannot_be_drawn_is_left_out(odd: Timeline) -> None:
    assert load_picture(odd) is None
    assert "<figure" not in page(odd)


def test_numbers_of_strangers_stay_inside_the_picture() -> None:
    for step_s in (0.0, -1.0, 1e-320, 1e308):
        wild = replace(LOAD, step_s=step_s, answers=(-5, 10**400, 0, 1), p50_ms=(-1e300, 1e-300, 1e300, None))
        picture = load_picture(wild)
        assert picture is not None
        for stroke in (*picture.p50, *picture.p95):
            assert all(0 <= each <= 100 for each in (stroke.x1, stroke.x2, stroke.y1, stroke.y2))
        assert all(0 <= each.failed <= 100 and 0 <= each.all <= 100 for each in picture.columns)
        assert page(wild)


def page(*loads: Timeline) -> str:
    return page_of(replace(results.every_verdict(), timelines=loads)).text


def test_the_page_shows_it_with_its_scenario() -> None:
    text = page(LOAD)
    assert "The load of search over 4.0 s: response times (p50, and above it p95) up to 50 ms" in text
    assert "p50 from 10 ms at the start" in text
    assert page() == page(replace(LOAD, scenario="unknown"))
