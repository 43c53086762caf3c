from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from perfreg.measure.engines.engine import Generator, LoadResult
from perfreg.measure.engines.outcome import ServiceCost, outcome
from perfreg.stats.distribution import Distribution, Moments, distribution

NOTHING = distribution(())


def slices(*centres: float, n: int = 100) -> tuple[Distribution, ...]:
    """A distribution around each of the centres, and none of answers that came later."""
    random = np.random.default_rng(1)
    return (*(distribution(random.normal(centre, centre / 50, n)) for centre in centres), NOTHING)


def result(response: tuple[Distribution, ...] = slices(*[2.0] * 10), **changes: Any) -> LoadResult:
    values: dict[str, Any] = {
        "response": response, "service": response, "connect": NOTHING, "tls": NOTHING, "first_byte": NOTHING,
        "size": Moments(n=1000, total=5000.0, squares=25000.0, low=5.0, high=5.0), "errors": Counter(),
        "requests": 1000, "elapsed_s": 5.0, "throughput": 200.0, "slice_s": 0.5, "seconds": (),
        "generator": Generator(cpu_s=1.0, wall_s=5.0),
    }  # fmt: skip
    return LoadResult(**{**values, **changes})


def warnings(found: LoadResult, service: ServiceCost | None = None) -> str:
    return " ".join(outcome("s", found, service=service, max_error_rate_pct=1.0).warnings)


def test_a_client_at_its_limit_is_told_unless_the_service_is_at_its_own() -> None:
    full = result(generator=Generator(cpu_s=4.9, wall_s=5.0))
    assert "generator" not in warnings(result(), ServiceCost(cpu_s=1.0, wall_s=5.0))
    assert "was the limit: it used 98 % of a core, the service 20 %" in warnings(
        full, ServiceCost(cpu_s=1.0, wall_s=5.0)
    )
    assert "was the limit" in warnings(full)
    assert "was the limit" not in warnings(full, ServiceCost(cpu_s=4.9, wall_s=5.0))
    assert "was the limit" not in warnings(result(generator=Generator(cpu_s=4.9, wall_s=5.0, workers=2)))


def test_a_service_that_was_still_warming_up_is_told() -> None:
    assert "longer warm_up" in warnings(result(slices(4.0, 3.0, *[2.0] * 8)))
    assert "longer warm_up" not in warnings(result())
    assert "longer warm_up" not in warnings(result(slices(4.0, 3.0, *[2.0] * 8), steady=False))
    assert "longer warm_up" not in warnings(result(slices(4.0, 3.0, *[2.0] * 8), slice_s=0.1))
    assert "longer warm_up" not in warnings(result(slices(4.0, 2.0, *[2.0] * 8)))
    assert "longer warm_up" not in warnings(result(slices(3.0, 3.0, 2.0, 2.0, 2.0, 2.0, 3.0, 2.0, 3.0, 2.0)))


def test_faults_break_a_run_whose_requests_all_succeeded() -> None:
    found = outcome("s", result(faults=("the schedule was not kept",)), service=None, max_error_rate_pct=1.0)
    assert found.status == "broken"
    assert found.reasons == ("the schedule was not kept",)


def test_figures_and_how_well_they_are_known() -> None:
    found = outcome("s", result(open_loop=True), service=ServiceCost(cpu_s=2.0, wall_s=5.0), max_error_rate_pct=1.0)
    metrics = {each.metric: each for each in found.measurements}
    assert metrics["response_time_p50"].value == pytest.approx(2.0, rel=0.01)
    assert metrics["response_time_mean"].std_error == pytest.approx(0.04 / 1000**0.5, rel=0.6)
    assert metrics["throughput"].value == 200.0
    assert metrics["throughput"].std_error == 0.0
    assert metrics["cpu_time_per_request"].value == 2.0
    assert metrics["generator_cpu"].value == pytest.approx(20.0)
    assert metrics["service_time_p50"].direction == "none"
    assert found.samples["service_time"].n == found.samples["response_time"].n == 1000
