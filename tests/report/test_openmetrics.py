from __future__ import annotations

import re
import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from prometheus_client import parser
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from tests.support import results
from tests.support.payloads import PAYLOADS
from tests.support.strategies import examples, poisoned
from tests.support.strategies import results as any_result

from perfreg.model.result import Result
from perfreg.report.escape import visible
from perfreg.report.formats.openmetrics import render


def prometheus(text: str) -> list[Sample]:
    """By the strict parser, which takes the whole text or none of it."""
    families = list(text_string_to_metric_families(text))  # type: ignore[no-untyped-call]
    assert {each.type for each in families} == {"gauge"}
    assert all(each.documentation for each in families)
    return [sample for each in families for sample in each.samples]


def gitlab(text: str) -> dict[str, str]:
    """As GitLab's metrics report does: line by line, without comments, split as a shell would; values are strings."""
    found = {}
    for line in text.splitlines():
        words = shlex.split(re.sub("#.*$", "", line))
        if len(words) > 1:
            assert words[0] not in found
            found[words[0]] = words[1]
    return found


@given(any_result())
@examples
def test_both_readers_take_everything_and_see_the_same(result: Result) -> None:
    text = render(result)
    strict, loose = prometheus(text), gitlab(text)
    assert [float(value) for value in loose.values()] == [sample.value for sample in strict]
    for name, sample in zip(loose, strict, strict=True):
        assert name == sample.name + "{" + ",".join(f"{key}={value}" for key, value in sample.labels.items()) + "}"
    measured = {(visible(each.scenario), visible(each.metric)) for each in result.run.measurements}
    judged = {(visible(each.scenario), visible(each.metric)) for each in result.verdicts}
    assert sum(sample.name == "perfreg_verdict" for sample in strict) == len(judged)
    assert len(measured) <= sum(sample.name == "perfreg_value" for sample in strict) <= len(measured | judged)


@pytest.mark.parametrize(
    "payload", [*PAYLOADS, 'a"} 1\nx 2', "a # b", "it's", "back\\slash", "two words", "100%25", "%"]
)
def test_names_from_strangers_stay_labels(payload: str) -> None:
    text = render(poisoned(results.every_verdict(), payload))
    assert gitlab(text).keys() == {
        "perfreg_gate{status=fail}",
        *(line.rpartition(" ")[0].replace('"', "") for line in text.splitlines() if line.startswith("perfreg_v")),
    }
    for sample in prometheus(text):
        for label in sample.labels.values():
            assert not re.search(r"[\s#'\"\\]", label)


def test_different_names_stay_different() -> None:
    names = ["a b", "a%20b", "a%2520b", "a%b", "a#b", "a%23b", "a'b", 'a"b', "a\\b"]
    verdicts = [replace(results.verdict_of("throughput"), scenario=name) for name in names]
    labels = {sample.labels["scenario"] for sample in prometheus(render(results.only(*verdicts)))[7:-1]}
    assert len(labels) == len(names)


def test_a_metric_that_is_judged_twice_is_there_once() -> None:
    twice = (results.verdict_of("throughput"), replace(results.verdict_of("throughput"), status="unchanged", head=1.0))
    found = gitlab(render(results.only(*twice)))
    assert [name for name in found if name.startswith("perfreg_verdict")] == [
        "perfreg_verdict{scenario=search,metric=throughput,verdict=improvement}"
    ]
    assert found["perfreg_value{scenario=search,metric=throughput,unit=req/s}"] == "1840"


def test_figures_are_rounded_and_exact_ones_are_not() -> None:
    found = gitlab(render(results.every_verdict()))
    assert found["perfreg_value{scenario=search,metric=response_time_p95,unit=ms}"] == "54"
    assert found["perfreg_value{scenario=search,metric=throughput,unit=req/s}"] == "1840"
    assert found["perfreg_value{scenario=search,metric=error_rate,unit=%}"] == "0.2"
    assert found["perfreg_value{scenario=orders,metric=plan_shape,unit=hash}"] == str(0xBEEF01)
    assert found["perfreg_verdict{scenario=search,metric=response_time_p95,verdict=regression,severity=high}"] == "1"
    near = replace(results.verdict_of("response_time_p95"), head=54.04)
    again = gitlab(render(results.only(near)))
    assert again["perfreg_value{scenario=search,metric=response_time_p95,unit=ms}"] == "54"


@given(any_result())
@examples
def test_a_pushgateway_takes_it_too(result: Result) -> None:
    """It reads the older text format, in which the end is a comment."""
    text = render(result)
    older = [sample for each in parser.text_string_to_metric_families(text) for sample in each.samples]
    assert [(each.name, each.labels, each.value) for each in older] == [
        (each.name, each.labels, each.value) for each in prometheus(text)
    ]


def test_it_ends_as_the_standard_wants() -> None:
    text = render(results.nothing())
    assert text.endswith("\n# EOF\n")
    assert text.count("# EOF") == 1
