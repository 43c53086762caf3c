from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support import results

from perfreg.model.metric import CATALOGUE, Metric
from perfreg.model.run import Measurement, ScenarioRecord
from perfreg.report.timings import Timing, timings
from perfreg.stats.describe import family, from_samples, single

TIMES = [10.0, 20.0, 30.0]
CUSTOM = Metric(name="parse", unit="µs", direction="lower")


def timed(name: str, scale: float = 1.0) -> Measurement:
    return from_samples("search", CATALOGUE[name], [scale * time for time in TIMES])


def only_timing(*points: Measurement, **record: object) -> Timing | None:
    made = replace(ScenarioRecord(name="search", kind="api", hash="1a2b"), **record)  # type: ignore[arg-type]
    run = replace(results.RUN, scenarios=(made,), measurements=points)
    found = timings(replace(results.nothing(), run=run))
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize("part", ["connection_time", "fetch_time", "user_time", "service_time_p95", "generator_lag"])
def test_a_part_of_the_time_or_one_that_informs_is_not_what_a_scenario_took(part: str) -> None:
    assert only_timing(timed(part)) is None
    found = only_timing(timed(part, 100.0), *family("search", "query_time", TIMES))
    assert found is not None
    assert found.family == "query_time"
    assert found.spread is not None
    assert found.spread.points[-1] == (1.0, 30.0)


def test_times_are_milliseconds_whatever_their_unit() -> None:
    for point, largest in ((timed("wall_time"), 30_000.0), (from_samples("search", CUSTOM, TIMES), 0.03)):
        found = only_timing(point)
        assert found is not None
        assert found.spread is not None
        assert found.spread.points[-1][1] == pytest.approx(largest)


def test_failures_are_told_by_class_as_far_as_they_are_known() -> None:
    errors = single("search", CATALOGUE["error_rate"], 25.0, n=20)
    found = only_timing(errors, errors={"timeout": 2, "status 500": 1})
    assert found is not None
    assert (found.attempts, found.failed, found.spread) == (20, {"status 500": 1, "timeout": 2, "error": 2}, None)
    fewer = only_timing(errors, errors={"timeout": 90})
    assert fewer is not None
    assert fewer.failed == {"timeout": 5}


def test_a_scenario_without_times_is_there_when_it_is_broken() -> None:
    assert only_timing() is None
    found = only_timing(status="broken")
    assert found is not None
    assert (found.broken, found.attempts) == (True, 0)
