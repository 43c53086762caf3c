"""Units tell the metric, its direction, and the factor to our unit."""

from __future__ import annotations

import pytest

from perfreg.histories.units import scale_of


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("ns", ("wall_time", "s", "lower", 1e-9)),
        ("ns/iter", ("wall_time", "s", "lower", 1e-9)),
        ("us/op", ("wall_time", "s", "lower", 1e-6)),
        ("\u00b5s", ("wall_time", "s", "lower", 1e-6)),
        ("\u03bcs", ("wall_time", "s", "lower", 1e-6)),
        ("msec", ("wall_time", "s", "lower", 1e-3)),
        ("Seconds", ("wall_time", "s", "lower", 1.0)),
        ("median ms", ("wall_time_median", "s", "lower", 1e-3)),
        ("p95 ms", ("wall_time_p95", "s", "lower", 1e-3)),
        ("ops/sec", ("throughput", "ops/s", "higher", 1.0)),
        ("op/s", ("throughput", "ops/s", "higher", 1.0)),
        ("ops/ms", ("throughput", "ops/s", "higher", 1e3)),
        ("iter/sec", ("throughput", "iter/s", "higher", 1.0)),
        ("requests/second", ("throughput", "req/s", "higher", 1.0)),
        ("rps", ("throughput", "req/s", "higher", 1.0)),
        ("MB/s", ("throughput", "MB/s", "higher", 1.0)),
        ("GiB/s", ("throughput", "MB/s", "higher", 1073.741824)),
        ("B/op", ("allocated_size", "B", "lower", 1.0)),
        ("bytes", ("size", "B", "lower", 1.0)),
        ("KiB", ("size", "B", "lower", 1024.0)),
        ("process_rate_%", ("process_rate", "%", "none", 1.0)),
        ("%", ("percentage", "%", "none", 1.0)),
        ("", ("value", "", "none", 1.0)),
        ("Points per Game", ("points_per_game", "Points per Game", "none", 1.0)),
        ("\x1b[31m::error::", ("31m_error", "[31m::error::", "none", 1.0)),
    ],
)
def test_a_unit_has_its_metric(unit: str, expected: tuple[str, str, str, float]) -> None:
    scale = scale_of(unit)
    name, own, direction, factor = expected
    assert (scale.metric.name, scale.metric.unit, scale.metric.direction) == (name, own, direction)
    assert scale.factor == pytest.approx(factor)


@pytest.mark.parametrize("unit", ["allocs/op", "allocs", "instructions"])
def test_counts_are_exact(unit: str) -> None:
    metric = scale_of(unit).metric
    assert (metric.unit, metric.direction, metric.nature) == ("count", "lower", "exact")


@pytest.mark.parametrize("unit", ["ns", "ops/sec", "points", "%"])
def test_what_the_user_has_stated_wins(unit: str) -> None:
    assert scale_of(unit, stated="higher").metric.direction == "higher"
    assert scale_of(unit, stated="lower").metric.direction == "lower"


@pytest.mark.parametrize("unit", ["x" * 500, "ms " * 200, "/s", "s/", "//"])
def test_odd_units_stay_short(unit: str) -> None:
    metric = scale_of(unit).metric
    assert len(metric.unit) <= 42
    assert 0 < len(metric.name) <= 80
