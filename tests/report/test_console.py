from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from tests.support import comparisons, results
from tests.support.strategies import TRAPS, examples, poisoned
from tests.support.strategies import results as any_result

from perfreg.model.result import Result
from perfreg.report.formats.console import render

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@given(any_result(), st.integers(20, 160), st.booleans())
@examples
def test_a_log_stays_within_its_width_and_holds_no_commands(result: Result, width: int, verbose: bool) -> None:
    check_log(render(result, width=width, verbose=verbose), width)


@pytest.mark.parametrize("width", [40, 41, 80, 120])
@pytest.mark.parametrize("trap", TRAPS)
def test_no_trap_works_wherever_it_is_laid(trap: str, width: int) -> None:
    for result in (results.every_verdict(), comparisons.every_verdict(), comparisons.with_itself(differs=True)):
        check_log(render(poisoned(result, trap), width=width, verbose=True), width)


def check_log(text: str, width: int) -> None:
    assert text.endswith("\n")
    assert all(char.isprintable() or char.isspace() for char in text)
    for line in text.split("\n"):
        assert not line.strip().startswith("::")
        assert not re.search(r"##\w*\[", line)
        # Defusing a command takes one more column.
        assert cell_len(line) <= max(width, 40) + line.count("\\")


@pytest.mark.parametrize("width", [40, 70, 100, 200])
def test_colour_changes_nothing_else(width: int) -> None:
    result = results.every_verdict()
    plain, coloured = render(result, width=width), render(result, width=width, color=True)
    assert COLOURS.search(coloured)
    assert not COLOURS.search(plain)
    stripped = "\n".join(line.rstrip() for line in COLOURS.sub("", coloured).split("\n"))
    assert stripped == plain


def test_no_environment_variable_changes_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    before = [render(results.every_verdict(), color=color) for color in (False, True)]
    for name, value in {"COLUMNS": "30", "NO_COLOR": "1", "TERM": "dumb", "TTY_COMPATIBLE": "0"}.items():
        monkeypatch.setenv(name, value)
    assert [render(results.every_verdict(), color=color) for color in (False, True)] == before


def test_unchanged_metrics_are_counted_and_listed_on_request() -> None:
    short, long = render(results.every_verdict()), render(results.every_verdict(), verbose=True)
    assert "2 metrics unchanged" in short
    assert "response_time_p50" not in short
    assert re.search(r"search\.response_time_p50 .* unchanged", long)
    assert "moderated-t" in long


@pytest.mark.parametrize("width", [60, 120])
def test_what_matters_is_said(width: int) -> None:
    text = render(results.every_verdict(), width=width)
    assert text.startswith(" BROKEN  1 of 4 scenarios is broken, 1 regression and 1")
    for word in ("no such table", "no_baseline: 1 metric", "environment_mismatch: 1 metric", "gate: FAIL", "+31.0 %"):
        assert word in text


def test_plans_stand_side_by_side_where_there_is_room() -> None:
    wide = render(results.every_verdict(), width=120)
    assert re.search(r"! Index Scan .* {2}Gather ", wide)
    narrow = render(results.every_verdict(), width=70)
    assert "- Index Scan" in narrow
    assert "+ Gather" in narrow


def test_a_first_run_shows_its_numbers_and_what_to_do() -> None:
    text = render(results.first_run())
    assert re.search(r"response_time_p95 +n/a +30\.5 ms +n/a +no_baseline", text)
    assert "run perfreg run --establish-baselines on main" in text


def test_nothing_measured_has_no_table() -> None:
    text = render(results.nothing())
    assert "Nothing was measured" in text
    assert "metric " not in text
    assert "gate: FAIL" in text


def test_a_comparison_has_a_picture_of_each_interval_where_there_is_room() -> None:
    wide, narrow = (render(comparisons.every_verdict(), width=width) for width in (120, 60))
    assert re.search(r"response_time_p95 .*\+7\.2 % +\[\+5\.9, \+8\.6\] +\.+\|\.+\[\*\]\.+ +regression, high", wide)
    assert "[*]" not in narrow
    for text in (wide, narrow):
        assert "22 rounds agree: head is slower by more than 2 %" in text
        assert re.search(r"search\.throughput.*\n?.*1\.1 %", text)


def test_the_same_code_on_both_sides_shows_only_what_differs() -> None:
    text = render(comparisons.with_itself(), width=120)
    assert text.startswith(" PASS  Changes of 0.64 % to 6.0 % and more can be seen here")
    assert "2 metrics without a difference" in text
    assert "inconclusive" not in text
    odd = render(comparisons.with_itself(differs=True), width=120)
    assert odd.startswith(" WARN  The same code differs from itself, so do not trust comparisons here")
    assert "differs, high" in odd
