from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from tests.support import comparisons, results
from tests.support.payloads import PAYLOADS
from tests.support.strategies import examples, poisoned
from tests.support.strategies import results as any_result

from perfreg.model.result import Result
from perfreg.report.formats.gitlab_annotations import render

PAGE = "https://gitlab.example/shop/-/jobs/42/artifacts/file/perf-results/index.html"
LINK = {
    "type": "object",
    "properties": {"label": {"type": "string"}, "url": {"const": PAGE}},
    "required": ["label", "url"],
    "additionalProperties": False,
}
SCHEMA = Draft202012Validator(
    {
        "type": "object",
        "propertyNames": {"minLength": 1, "maxLength": 255},
        "maxProperties": 20,
        "additionalProperties": {
            "type": "array",
            "maxItems": 1000,
            "items": {"type": "object", "properties": {"external_link": LINK}, "additionalProperties": False},
        },
    }
)
"""What GitLab takes: sections by their names, each of links."""
SIZE_LIMIT = 80 * 1024


def labels(result: Result, page: str = PAGE) -> list[str]:
    text = render(result, page)
    assert len(text.encode()) < SIZE_LIMIT
    assert text.isascii()
    assert not re.search(r"##\w*\[", text)
    document = json.loads(text)
    SCHEMA.validate(document)
    return [each["external_link"]["label"] for each in document["perfreg"]]


@given(any_result())
@examples
def test_gitlab_takes_what_any_result_gives(result: Result) -> None:
    found = labels(result)
    assert found
    assert all(char.isprintable() or (char.isspace() and char not in "\t\r\n") for char in "".join(found))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_from_strangers_stay_labels(payload: str) -> None:
    for result in (results.every_verdict(), comparisons.every_verdict()):
        assert len(labels(poisoned(result, payload))) == len(labels(poisoned(result, "tame")))


def test_the_verdict_comes_first_and_each_regression_has_a_link() -> None:
    first, *rest = labels(results.every_verdict())
    assert first.startswith("broken: 1 of 4 scenarios is broken, 1 regression")
    assert "search.response_time_p95: regression, high, +31.0 % [+27.2, +35.1]" in rest
    assert "no_baseline: 1 metric has no baseline and was compared with nothing" in rest


def test_many_regressions_stay_within_what_gitlab_takes() -> None:
    one = results.verdict_of("response_time_p95")
    many = results.only(*(replace(one, scenario="\U0001f40c" * 300, metric=f"m{number}") for number in range(500)))
    assert len(labels(many)) == 20


def test_without_a_page_there_is_nothing_to_link_to() -> None:
    assert labels(results.regressed(), page="") == []
