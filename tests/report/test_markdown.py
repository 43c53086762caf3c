from __future__ import annotations

import re

import pytest
from hypothesis import given
from tests.support import comparisons, results
from tests.support.markdown import flat, parser, shown
from tests.support.strategies import TRAPS, examples, poisoned
from tests.support.strategies import results as any_result

from perfreg.model.result import Result, Verdict
from perfreg.report.formats.markdown import render

OURS = re.compile(r"</?(details|summary|table|tr|th|td|pre)>")
HTML_TAG = re.compile(r"<[!/?A-Za-z][^>]*>")
COLUMNS = 7


@given(any_result())
@examples
def test_foreign_text_adds_no_link_tag_or_cell(result: Result) -> None:
    check_structure(render(result))


@pytest.mark.parametrize("trap", TRAPS)
def test_no_trap_works_wherever_it_is_laid(trap: str) -> None:
    for result in (results.every_verdict(), comparisons.every_verdict(), comparisons.with_itself(differs=True)):
        check_structure(render(poisoned(result, trap)))


def check_structure(text: str) -> None:
    for token in flat(text):
        assert token.type not in {"link_open", "image", "html_inline", "fence", "code_block", "heading_open", "hr"}
        if token.type == "html_block":
            assert all(OURS.fullmatch(tag) for tag in HTML_TAG.findall(token.content))
    for line in text.split("\n"):
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) == COLUMNS + 1
        assert not line.lstrip().startswith("::")
        assert not re.search(r"##\w*\[", line)
        # What code hosts look for in text is in code or in preformatted blocks.
        assert not re.search(r"@\w|www\.|https?://\w", re.sub(r"<pre>.*?</pre>|(`+)[^`].*?\1", "", line))


@given(any_result())
@examples
def test_every_metric_has_its_rows(result: Result) -> None:
    tokens = list(parser().parse(render(result)))
    rows = sum(token.type == "tr_open" for token in tokens)
    tables = sum(token.type == "table_open" for token in tokens)
    moved = sum(each.status in ("regression", "improvement", "inconclusive") for each in result.verdicts)
    listed = moved + (len(result.verdicts) if moved < len(result.verdicts) else 0)
    assert rows == tables + listed


def test_the_first_line_is_the_verdict() -> None:
    first = render(results.regressed()).partition("\n")[0]
    assert first == (
        "❌ **Performance gate failed**: 1 regression in 3 metrics: "
        "`search.response_time_p95` +31.0 % [+27.2, +35.1], high"
    )


def test_what_matters_is_in_the_open_and_the_rest_folded() -> None:
    visible, _, folded = render(results.every_verdict()).partition("<details>")
    assert "| `search.response_time_p95` | 41.23 ms | 54.01 ms | **+31.0 %** | [+27.2, +35.1] |" in visible
    assert "`search.response_time_p50`" not in visible
    assert "`search.response_time_p50`" in folded
    for word in ("**broken**", "no such table", "**no_baseline**", "**environment_mismatch**", "12 runs", "key 5f1c"):
        assert word in visible


def test_a_comparison_starts_with_its_sides_and_ends_with_how_to_repeat_it() -> None:
    text = render(comparisons.every_verdict())
    head, _, table = text.partition("| metric |")
    assert "- Base: main (77aa0e7b2d3a)\n- Head: . (8c1f0e7b2d3a), with uncommitted changes\n" in head
    assert "`..........\\|....[*]...` | regression, high |" in table
    again = "`perfreg compare --base 77aa0e7b2d3a --head . --budget 60s --seed 7`"
    assert f"- Measure it again: {again}" in table
    assert f"- Repeat: {again}" in render(comparisons.only(comparisons.VERDICTS[2]))
    assert "changes of 1.8 % and more could be seen; base against itself: [-1.0, +0.5] %" in table


def test_it_tells_what_to_do_next() -> None:
    text = render(results.regressed())
    assert "**Recommended**:\n\n- Start with `search.response_time_p95`" in text
    assert "`/perfreg accept search.response_time_p95 REASON`" in text


def test_a_unit_in_the_headline_is_escaped() -> None:
    verdict = Verdict(
        scenario="a", metric="b", status="regression", severity="low", head=1.0, unit="<b>@x http://e.example"
    )
    first = render(results.only(verdict)).partition("\n")[0]
    assert first.endswith("1 regression in 1 metric: `a.b` 1 `<b>@x` `http://e.example` low")


def test_an_accepted_regression_says_so() -> None:
    assert "| regression, accepted | critical |" in render(results.every_verdict())


def test_both_plans_stand_side_by_side() -> None:
    html = next(token.content for token in flat(render(results.every_verdict())) if "<th>base</th>" in token.content)
    assert html.count("<td><pre>") == 2
    base, head = html.split("</td><td>")
    assert "! Index Scan" in base
    assert "! Gather" in head
    assert "  Aggregate" in base
    assert "  Aggregate" in head


def test_a_broken_run_never_looks_green() -> None:
    assert "✅" not in render(results.every_verdict())
    assert render(results.every_verdict()).startswith("❌ **Broken run**")


def test_a_first_run_says_what_to_do() -> None:
    text = render(results.first_run())
    assert text.startswith("⚠️")
    assert "perfreg run --establish-baselines on main" in text
    assert "n/a" in text
    assert "0 %" not in text


def test_nothing_measured_still_makes_a_report() -> None:
    text = render(results.nothing())
    assert "Nothing was measured" in text
    assert "|" not in shown([token for token in flat(text) if token.type == "inline"])
