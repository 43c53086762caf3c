from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from tests.support import results
from tests.support.payloads import PAYLOADS
from tests.support.strategies import examples, poisoned
from tests.support.strategies import results as any_result

from perfreg.model.result import Result
from perfreg.report.formats.performance_report import render


def read(result: Result) -> list[dict[str, object]]:
    text = render(result)
    assert text.isascii()
    assert not re.search(r"##\w*\[", text)
    entries: list[dict[str, object]] = json.loads(text)
    for entry in entries:
        assert list(entry) == ["name", "value", "unit", "desiredSize"]
        assert entry["desiredSize"] in ("smaller", "larger")
        assert isinstance(entry["value"], float)
    return entries


@given(any_result())
@examples
def test_every_metric_that_has_a_better_direction_is_there_once(result: Result) -> None:
    entries = read(result)
    assert len({str(entry["name"]) for entry in entries}) <= len(entries)
    wanted = {(each.scenario, each.metric) for each in result.verdicts if each.head is not None}
    wanted |= {(each.scenario, each.metric) for each in result.run.measurements}
    assert len(entries) <= len(wanted)


def test_the_desired_size_is_the_better_direction() -> None:
    found = {entry["name"]: entry for entry in read(results.every_verdict())}
    assert found["search.throughput"] == {
        "name": "search.throughput",
        "value": 1843.2,
        "unit": "req/s",
        "desiredSize": "larger",
    }
    assert found["search.response_time_p95"]["desiredSize"] == "smaller"
    assert "orders.plan_shape" not in found
    assert "orders.row_count" not in found


def test_the_direction_that_was_configured_counts() -> None:
    turned = replace(results.verdict_of("throughput"), direction="lower")
    assert {entry["name"]: entry["desiredSize"] for entry in read(results.only(turned))}[
        "search.throughput"
    ] == "smaller"
    informative = replace(turned, direction="none")
    assert "search.throughput" not in {entry["name"] for entry in read(results.only(informative))}


def test_the_figure_is_the_one_that_was_judged() -> None:
    judged = replace(results.verdict_of("throughput"), head=1800.5)
    assert {entry["name"]: entry["value"] for entry in read(results.only(judged))}["search.throughput"] == 1800.5


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_from_strangers_stay_names(payload: str) -> None:
    assert len(read(poisoned(results.every_verdict(), payload))) == len(read(poisoned(results.every_verdict(), "tame")))
