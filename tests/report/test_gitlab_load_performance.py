from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from tests.support import results
from tests.support.strategies import examples
from tests.support.strategies import results as any_result

from perfreg.model.metric import CATALOGUE
from perfreg.model.result import Result
from perfreg.model.run import Measurement, ScenarioRecord
from perfreg.report.formats.gitlab_load_performance import render
from perfreg.stats.describe import family, single


def widget(result: Result) -> dict[str, str]:
    """What GitLab's widget shows, computed from the keys that it reads."""
    metrics: dict[str, Any] = json.loads(render(result))["metrics"]
    shown = {}
    if "http_reqs" in metrics:
        shown["RPS"] = f"{metrics['http_reqs']['rate']:.2f}"
    if "http_req_waiting" in metrics:
        shown["TTFB P90"] = f"{metrics['http_req_waiting']['p(90)']:.2f}"
        shown["TTFB P95"] = f"{metrics['http_req_waiting']['p(95)']:.2f}"
    if "checks" in metrics:
        passes, fails = metrics["checks"]["passes"], metrics["checks"]["fails"]
        shown["Checks"] = f"{100 * passes / (passes + fails):.2f}%"
    return shown


def load(name: str, times: list[float], lost: int, rate: float) -> tuple[Measurement, ...]:
    attempts = len(times) + lost
    failed = single(name, CATALOGUE["error_rate"], 100 * lost / attempts, n=attempts)
    if not times:
        return (failed,)
    return (*family(name, "response_time", times), single(name, CATALOGUE["throughput"], rate, n=len(times)), failed)


def result_of(*loads: tuple[Measurement, ...]) -> Result:
    records = tuple(ScenarioRecord(name=points[0].scenario, kind="api", hash="1a2b") for points in loads)
    run = replace(results.RUN, scenarios=records, measurements=tuple(point for points in loads for point in points))
    return replace(results.nothing(), run=run)


TIMES = [float(value) for value in np.random.default_rng(3).lognormal(3, 0.4, 800)]


@given(any_result())
@examples
def test_the_widget_can_show_whatever_a_result_holds(result: Result) -> None:
    assert "nan" not in str(widget(result)).lower()


def test_the_widget_shows_what_was_measured() -> None:
    assert widget(result_of(load("search", TIMES, lost=8, rate=40.0))) == {
        "RPS": "40.40",
        "TTFB P90": f"{np.percentile(TIMES, 90):.2f}",
        "TTFB P95": f"{np.percentile(TIMES, 95):.2f}",
        "Checks": "99.01%",
    }


def test_the_requests_of_several_scenarios_are_one_load() -> None:
    slow = [value + 200 for value in TIMES[:200]]
    metrics = json.loads(render(result_of(load("a", TIMES, 0, 80.0), load("b", slow, 0, 20.0))))["metrics"]
    together = [*TIMES, *slow]
    assert metrics["http_reqs"] == {"count": 1000, "rate": 50.0}
    trend = metrics["http_req_waiting"]
    assert trend["avg"] == pytest.approx(np.mean(together), rel=1e-4)
    assert (trend["min"], trend["max"]) == pytest.approx((min(together), max(together)), rel=1e-4)
    # From a handful of quantiles of each, and so not exactly.
    for name, percent, error in (("med", 50, 0.12), ("p(90)", 90, 0.03), ("p(95)", 95, 0.03)):
        assert trend[name] == pytest.approx(np.percentile(together, percent), rel=error)
    assert metrics["http_req_duration"] == trend


def test_a_load_that_failed_altogether_has_failed_checks_and_no_times() -> None:
    assert widget(result_of(load("search", [], lost=5, rate=0.0))) == {"RPS": "0.00", "Checks": "0.00%"}


def test_what_is_no_load_over_http_is_left_out() -> None:
    assert widget(results.nothing()) == {}
    whole = results.every_verdict().run
    points = tuple(each for each in whole.measurements if each.scenario != "search")
    failed = single("orders", CATALOGUE["error_rate"], 100.0, n=7)
    for others in (points, (failed,)):
        assert widget(replace(results.nothing(), run=replace(whole, measurements=others))) == {}
