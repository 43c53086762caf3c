from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import given
from tests.support import comparisons, results
from tests.support.payloads import PAYLOADS
from tests.support.strategies import examples, poisoned
from tests.support.strategies import results as any_result

from perfreg.model.result import Gate, Result
from perfreg.report.escape import visible
from perfreg.report.formats.junit import render

SCHEMAS = [Path(__file__).with_name("junit.xsd")]
"""``PERFREG_JUNIT_XSD`` names another one to hold to, such as the one that Jenkins' xunit plugin comes with."""
if os.environ.get("PERFREG_JUNIT_XSD"):
    SCHEMAS.append(Path(os.environ["PERFREG_JUNIT_XSD"]))


@cache
def schema(path: Path) -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(path)


def read(result: Result) -> ET.Element:
    """The document, once it has passed the schemas and its counts are those of its cases."""
    text = render(result)
    for path in SCHEMAS:
        schema(path).validate(text)
    root = ET.fromstring(text)  # noqa: S314 - our own
    for element in (root, *root.findall("testsuite")):
        assert int(element.attrib["tests"]) == len(element.findall(".//testcase"))
        for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(element.get(name, "-1")) in (len(element.findall(f".//{kind}")), -1)
    return root


def outcomes(result: Result) -> dict[str, str]:
    """What became of each test, by its name."""
    return {case.attrib["name"]: case[0].tag for case in read(result).iter("testcase")}


@given(any_result())
@examples
def test_any_result_passes_the_schema_and_loses_no_verdict(result: Result) -> None:
    cases = [case for case in read(result).iter("testcase") if case.attrib["classname"] != "perfreg.gate"]
    names = [(case.attrib["classname"], case.attrib["name"]) for case in cases]
    for verdict in result.verdicts:
        if verdict.scenario != "gate":
            assert (f"perfreg.{visible(verdict.scenario)}", visible(verdict.metric)) in names


@given(any_result())
@examples
def test_a_failure_is_what_fails_the_gate_and_a_failed_gate_is_never_green(result: Result) -> None:
    root = read(result)
    failing = [each for each in result.verdicts if f"{each.scenario}.{each.metric}" in result.gate.failed]
    failures = [each for each in root.iter("failure") if each.get("type") != "gate"]
    assert len(failures) == sum(each.status != "broken" for each in failing)
    if result.gate.status == "fail":
        assert root.findall(".//failure") or root.findall(".//error")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_from_strangers_stay_text(payload: str) -> None:
    for result in (results.every_verdict(), comparisons.every_verdict()):
        tame, root = read(poisoned(result, "tame")), read(poisoned(result, payload))
        assert [each.tag for each in root.iter()] == [each.tag for each in tame.iter()]
        assert {case.attrib["name"] for case in root.iter("testcase")} == {visible(payload)}
        text = render(poisoned(result, payload))
        assert "##" not in text
        assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]


def test_characters_that_xml_has_not_are_written_as_escapes() -> None:
    nasty = "a\x00\x08\x0b\x1b\ufffe\uffff\ud800]]>b"
    root = read(results.only(replace(results.verdict_of("throughput"), metric=nasty, reason=nasty)))
    (case,) = root.iter("testcase")
    assert case.attrib["name"] == r"a\x00\x08\x0b\x1b\ufffe\uffff\ud800]]>b"


def test_each_kind_of_verdict_has_its_outcome() -> None:
    assert outcomes(results.every_verdict()) == {
        "response_time_p50": "system-out",
        "response_time_p95": "failure",
        "cpu_time_per_request": "system-out",
        "throughput": "system-out",
        "error_rate": "skipped",
        "query_time_p95": "skipped",
        "plan_shape": "skipped",
        "row_count": "system-out",
        "all": "error",
        "latency_p50": "skipped",
    }


def test_a_regression_that_the_gate_lets_through_has_passed_and_says_so() -> None:
    result = replace(results.regressed(), gate=Gate(status="warn", reasons=("high regression",)))
    assert set(outcomes(result).values()) == {"system-out"}
    assert "verdict: regression, high" in render(result)


def test_what_cannot_be_told_fails_where_the_gate_says_so() -> None:
    gate = Gate(status="fail", reasons=("inconclusive: search.error_rate",), failed=("search.error_rate",))
    assert outcomes(results.only(results.verdict_of("error_rate"), gate=gate)) == {"error_rate": "failure"}


def test_a_gate_that_fails_for_no_metric_is_a_test_of_its_own() -> None:
    root = read(results.nothing())
    (case,) = root.iter("testcase")
    assert (case.attrib["name"], case[0].tag, case[0].get("message")) == ("gate", "failure", "nothing was measured")


def test_a_broken_scenario_without_a_verdict_is_an_error() -> None:
    whole = results.every_verdict()
    result = replace(whole, verdicts=tuple(each for each in whole.verdicts if each.status != "broken"))
    assert outcomes(result)["all"] == "error"


def test_times_are_seconds() -> None:
    (case,) = (each for each in read(results.regressed()).iter("testcase") if each.attrib["name"].endswith("p95"))
    assert case.attrib["time"] == "0.054012300"
    (suite, *_) = read(results.regressed())
    assert suite.attrib["time"] == "20.400"


@pytest.mark.parametrize("seconds", [-0.0, -1.0, 1e-300, 1e300])
def test_a_time_that_is_none_is_left_out(seconds: float) -> None:
    run = replace(results.nothing().run, duration_s=seconds)
    assert read(replace(results.nothing(), run=run)).get("time") in ("0.000", None)


def test_the_schema_can_refuse() -> None:
    text = render(results.regressed())
    for good, bad in (('tests="', 'checks="'), ('time="20.400"', 'time="2e1"'), ("failure", "failed")):
        assert not schema(SCHEMAS[0]).is_valid(text.replace(good, bad))
