from __future__ import annotations

import csv
import re
from dataclasses import replace

import pytest
from hypothesis import given
from tests.support import results
from tests.support.strategies import examples
from tests.support.strategies import results as any_result

from perfreg.model.result import Result
from perfreg.report.formats.csv_ import COLUMNS, render

FORMULA = re.compile(r"(?:^|;)\s*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]")
NUMBERS = {"base", "head", "change_pct", "ci_low_pct", "ci_high_pct", "tolerance_pct", "baseline_runs", "n", "mean"}
NUMBERS |= {"std", "min", "p50", "p90", "p95", "p99", "max"}


def read(text: str) -> list[dict[str, str]]:
    """The lines as RFC 4180 has them, which is stricter than what spreadsheets take."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert "\r" not in text.replace("\r\n", "")
    header, *lines = csv.reader(text.split("\r\n")[:-1], strict=True)
    assert tuple(header) == COLUMNS
    assert {len(line) for line in lines} <= {len(COLUMNS)}
    return [dict(zip(header, line, strict=True)) for line in lines]


@given(any_result())
@examples
def test_every_metric_has_a_line_that_any_reader_takes(result: Result) -> None:
    lines = read(render(result))
    judged = {(each.scenario, each.metric) for each in result.verdicts}
    others = [each for each in result.run.measurements if (each.scenario, each.metric) not in judged]
    assert [line["verdict"] for line in lines] == [*(each.status for each in result.verdicts), *("" for _ in others)]
    for line, verdict in zip(lines, result.verdicts, strict=False):
        assert float(line["head"] or 0) == (verdict.head or 0)
        assert float(line["change_pct"] or 0) == (verdict.change_pct or 0)


@given(any_result())
@examples
def test_no_text_is_a_formula_to_a_spreadsheet(result: Result) -> None:
    for line in read(render(result)):
        for name, cell in line.items():
            assert all(char.isprintable() or (char.isspace() and char not in "\t\r\n") for char in cell)
            assert not re.search(r"##\w*\[", cell)
            if name not in NUMBERS:
                assert not FORMULA.search(cell)


@pytest.mark.parametrize(
    "trap", ["=cmd|'/c calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "a;=1", "\uff1d1"]
)
def test_a_formula_is_disarmed_and_its_text_kept(trap: str) -> None:
    (line, *_) = read(render(results.only(replace(results.verdict_of("throughput"), scenario=trap))))
    assert not FORMULA.search(line["scenario"])
    assert trap.strip().lstrip("=+-@\uff1d").rpartition("=")[2] in line["scenario"]


def test_a_missing_number_is_an_empty_cell_and_a_negative_one_stays_a_number() -> None:
    lines = {line["metric"]: line for line in read(render(results.every_verdict()))}
    assert lines["query_time_p95"]["base"] == ""
    assert lines["response_time_p50"]["ci_low_pct"] == "-1.94"
    p95 = lines["response_time_p95"]
    assert (p95["verdict"], p95["severity"], p95["unit"], p95["head"]) == ("regression", "high", "ms", "54.0123")
    assert (p95["n"], p95["max"], p95["commit"]) == ("412", "129.62952", results.RUN.source.commit)
