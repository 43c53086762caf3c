from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from tests.support import comparisons, results
from tests.support.strategies import TRAPS, examples, poisoned
from tests.support.strategies import results as any_result

from perfreg.model.result import Result
from perfreg.report.formats.html import FORMAT, render

VOID = {"meta", "link"}
SVG = {"svg", "title", "desc", "rect", "line", "g", "path", "circle", "text"}
PAGE = {"html", "head", "title", "body", "header", "main", "section", "nav", "h1", "h2", "h3", "p", "a", "div"}
WORDS = {
    "b",
    "small",
    "span",
    "strong",
    "code",
    "pre",
    "ul",
    "li",
    "dl",
    "dt",
    "dd",
    "details",
    "summary",
    "figure",
    "figcaption",
}
TABLE = {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}


class Page(HTMLParser):
    """Collects what a browser would see, and fails on tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def page_of(result: Result) -> Page:
    return Page(render(result)[0])


@given(any_result())
@examples
def test_foreign_text_adds_no_tag_attribute_or_address(result: Result) -> None:
    check_structure(page_of(result))


@pytest.mark.parametrize("trap", [*TRAPS, '" onload="x', "' style='x"])
def test_no_trap_works_wherever_it_is_laid(trap: str) -> None:
    for result in (results.every_verdict(), comparisons.every_verdict(), comparisons.with_itself(differs=True)):
        page = page_of(poisoned(result, trap))
        check_structure(page)
        assert trap in page.text


def check_structure(page: Page) -> None:
    assert page.tags <= VOID | SVG | PAGE | WORDS | TABLE
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on") or name in {"style", "src", "srcset", "xlink:href"}}
    for name, value in page.attributes:
        if name == "href":
            assert value == "perfreg.css" or re.fullmatch(r"#scenario-\d+", value)


@given(any_result())
@examples
def test_ids_are_unique_and_everything_that_refers_to_one_finds_it(result: Result) -> None:
    page = page_of(result)
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    targets = {part for name, value in page.attributes if name == "aria-labelledby" for part in value.split()}
    links = {value[1:] for name, value in page.attributes if name == "href" and value.startswith("#")}
    assert targets | links <= set(ids)


def test_the_page_needs_nothing_but_its_style_sheet() -> None:
    page, style = FORMAT.render(results.every_verdict())
    assert (page.name, style.name) == ("index.html", "perfreg.css")
    assert b"<script" not in page.content
    assert b"<style" not in page.content
    for content in (page.content, style.content):
        addresses = re.findall(rb"https?://[^\s\"'<)]+", content)
        assert set(addresses) <= {b"http://evil.example"}
        assert b"@import" not in content
        assert b"url(" not in content


@pytest.mark.parametrize("result", [results.every_verdict(), comparisons.every_verdict()], ids=["history", "paired"])
def test_every_class_of_the_page_is_styled(result: Result) -> None:
    page, style = render(result)
    used = {name for key, value in Page(page).attributes if key == "class" for name in value.split()}
    plain = {"metric", "scenario", "summary", "noise", "about-run", "at", "interval", "whisker"}
    assert {name for name in used - plain if f".{name}" not in style} == set()


def test_a_regression_is_drawn_with_its_interval_and_tolerance() -> None:
    page = render(results.regressed())[0]
    picture = next(part for part in page.split("<svg") if "search.response_time_p95: regression, high" in part)
    assert "change +31.0 %, interval [+27.2, +35.1] %, tolerance 10 % either way" in picture
    for shape in ('class="band"', 'class="zero"', 'class="interval"'):
        assert shape in picture


def test_a_comparison_says_what_it_could_see() -> None:
    text = page_of(comparisons.every_verdict()).text
    for words in ("main (77aa0e7b2d3a)", "What this session could see", "perfreg compare --base 77aa0e7b2d3a"):
        assert words in text
    assert "baseline" not in text.lower()


def test_every_metric_has_its_row() -> None:
    text = page_of(results.every_verdict()).text
    for metric in ("response_time_p95", "error_rate", "plan_shape", "query_time_p95", "throughput", "latency_p50"):
        assert metric in text
    assert "no_baseline 1 metric has no baseline and was compared with nothing." in text
    assert "| ::error::no such table" in text
    assert "Parallel Seq Scan on orders" in text
    assert "129.6" in text


def test_a_broken_run_never_looks_green() -> None:
    page = page_of(results.every_verdict())
    assert ("class", "banner broken") in page.attributes
    assert page.text.startswith("Broken: 1 of 4 scenarios is broken, 1 regression and 1 accepted in 10 metrics")


def test_nothing_measured_still_makes_a_page() -> None:
    page = page_of(results.nothing())
    assert "table" not in page.tags
    assert "Nothing was measured" in page.text
