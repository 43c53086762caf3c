from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from tests.support import golden, results
from tests.support.strategies import examples
from tests.support.strategies import results as any_result

from perfreg.model.result import Result
from perfreg.report.formats.json_ import render
from perfreg.report.read import read_result
from perfreg.report.schema import result_schema

VALIDATOR = Draft202012Validator(result_schema())
PUBLISHED = Path(__file__).parents[2] / "schema" / "perfreg.result.schema.json"


@given(any_result())
@examples
def test_what_is_written_reads_back_and_fits_the_schema(result: Result) -> None:
    text = render(result)
    assert read_result(text, "result.json") == result
    VALIDATOR.validate(json.loads(text))
    assert render(read_result(text, "result.json")) == text


@given(any_result())
@examples
def test_printed_json_is_plain_ascii_without_commands(result: Result) -> None:
    text = render(result)
    assert text.endswith("}\n")
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert not re.search(r"##\w*\[", text)
    assert not re.search(r"^\s*::", text, re.MULTILINE)


def test_the_shape_is_the_published_one() -> None:
    document = json.loads(render(results.every_verdict()))
    assert list(document)[:2] == ["schema", "run"]
    assert document["schema"] == "perfreg.result/1"
    assert document["gate"]["status"] == "fail"
    regression = next(each for each in document["verdicts"] if each["status"] == "regression")
    agreed = {
        "scenario": "search",
        "metric": "response_time_p95",
        "status": "regression",
        "severity": "high",
        "base": 41.23,
        "head": 54.0123,
        "unit": "ms",
        "change_pct": 31.0,
        "ci_low_pct": 27.2,
        "ci_high_pct": 35.1,
        "method": "moderated-t",
        "reason": "+31 %, 3.8 standard deviations from 12 baseline runs",
    }
    assert agreed.items() <= regression.items()
    blind = next(each for each in document["verdicts"] if each["status"] == "no_baseline")
    assert blind["change_pct"] is None


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_refused(number: float) -> None:
    verdict = replace(results.verdict_of("row_count"), change_pct=number)
    with pytest.raises(ValueError, match="not JSON compliant"):
        render(results.only(verdict))


def test_undecodable_bytes_in_names_become_question_marks() -> None:
    result = results.only(replace(results.verdict_of("row_count"), reason="caf\udce9"))
    assert read_result(render(result), "x").verdicts[0].reason == "caf?"


def test_the_published_schema_is_fresh() -> None:
    golden.check(PUBLISHED, (json.dumps(result_schema(), indent=2, ensure_ascii=False) + "\n").encode())


def test_the_schema_is_one_and_refuses_what_is_unknown() -> None:
    schema = result_schema()
    Draft202012Validator.check_schema(schema)
    document = json.loads(render(results.every_verdict()))
    document["verdicts"][0]["surprise"] = 1
    (problem,) = Draft202012Validator(schema).iter_errors(document)
    assert "surprise" in problem.message
