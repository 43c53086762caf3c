"""Many blocks as one measurement: what can be known exactly is, and quantiles come from all samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.runs import measurement

from perfreg.app.compare.merging import family_of, merged
from perfreg.measure.context import Outcome
from perfreg.stats.describe import family
from perfreg.stats.histogram import from_values

BLOCKS = st.lists(st.lists(st.floats(0.01, 1e4), min_size=2, max_size=30), min_size=1, max_size=6)


def block(samples: list[float]) -> Outcome:
    return Outcome(measurements=family("a", "response_time", samples), samples={"response_time": from_values(samples)})


@given(BLOCKS)
def test_blocks_come_to_what_all_samples_would(blocks: list[list[float]]) -> None:
    every = np.concatenate(blocks)
    found = {point.metric: point for point in merged([block(each) for each in blocks])}
    mean, p95 = found["response_time_mean"], found["response_time_p95"]
    assert mean.n == every.size
    assert mean.value == pytest.approx(every.mean())
    assert (mean.min, mean.max) == (every.min(), every.max())
    assert p95.value == pytest.approx(float(np.quantile(every, 0.95, method="inverted_cdf")), rel=1e-3)
    assert found["response_time_max"].value == every.max()


def test_a_rate_counts_every_attempt_once() -> None:
    blocks = [Outcome(measurements=(measurement("a.error_rate", rate, n=n),)) for rate, n in ((10.0, 90), (0.0, 10))]
    [point] = merged(blocks)
    assert point.value == pytest.approx(9.0)
    assert point.n == 100


def test_what_is_exact_is_what_it_was_last() -> None:
    blocks = [Outcome(measurements=(measurement("a.plan_shape", 7, text=text),)) for text in ("old", "new")]
    [point] = merged(blocks)
    assert point.text == "new"


def test_a_figure_without_samples_is_the_median_of_the_blocks() -> None:
    blocks = [Outcome(measurements=(measurement("a.throughput", value),)) for value in (1.0, 5.0, 100.0)]
    assert merged(blocks)[0].value == 5.0


def test_a_metric_that_some_blocks_lack_is_merged_from_the_others() -> None:
    point = measurement("a.cpu_time_per_request", 2.0)
    assert [each.value for each in merged([Outcome(), Outcome(measurements=(point,))])] == [2.0]


@pytest.mark.parametrize(
    ("metric", "family_and_share"),
    [("response_time_p95", ("response_time", 0.95)), ("latency_p999", ("latency", 0.999)), ("wall_time", ("", None))],
)
def test_the_name_tells_the_quantile(metric: str, family_and_share: tuple[str, float | None]) -> None:
    assert family_of(metric) == family_and_share
