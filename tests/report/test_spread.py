from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.model.metric import Metric
from perfreg.model.run import Measurement
from perfreg.report.spread import pooled, spread_of
from perfreg.stats.describe import from_samples, single

METRIC = Metric(name="response_time_p95", unit="ms", direction="lower")
SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}

times = st.floats(0, 1e5, allow_subnormal=False)


def measured(samples: list[float]) -> Measurement:
    return from_samples("search", METRIC, samples)


@given(st.lists(times, min_size=1, max_size=300))
def test_as_many_values_as_samples_rise_from_the_least_to_the_largest_with_the_same_mean(samples: list[float]) -> None:
    point = measured(samples)
    values = spread_of(point).ranked(len(samples))
    assert len(values) == len(samples)
    assert all(low <= high + 1e-6 for low, high in pairwise(values))
    if len(samples) > 1:
        assert (values[0], values[-1]) == (min(samples), max(samples))
    # A quantile lies between two samples and has to be one of the values: that moves the mean by a rank or two.
    slack = 1e-6 + 0.003 * max(samples) + 3 * (max(samples) - min(samples)) / len(samples)
    assert sum(values) / len(values) == pytest.approx(sum(samples) / len(samples), abs=slack)


@given(st.lists(times, min_size=100, max_size=300), st.integers(100, 2000))
def test_quantiles_lie_where_jenkins_looks_for_them(samples: list[float], count: int) -> None:
    point = measured(samples)
    spread = spread_of(point)
    values, whole = sorted(spread.ranked(count)), sorted(spread.ranked_whole(count))
    for name, share in SHARES.items():
        rank = int(count * share) - 1
        assert values[rank] == pytest.approx(getattr(point, name))
        assert whole[rank] == math.floor(getattr(point, name) + 0.5)


@given(st.lists(times, min_size=100, max_size=300))
def test_whole_numbers_have_the_same_mean(samples: list[float]) -> None:
    spread = spread_of(measured(samples))
    values, whole = spread.ranked(500), spread.ranked_whole(500)
    assert sum(whole) / 500 == pytest.approx(sum(values) / 500, abs=0.51)


def test_times_below_a_millisecond_keep_their_mean() -> None:
    samples = [0.2 + index / 1000 for index in range(400)]
    assert sum(spread_of(measured(samples)).ranked_whole(400)) == pytest.approx(sum(samples), abs=25)


@given(st.lists(times, min_size=20, max_size=200), times)
def test_shares_rise_from_none_to_all(samples: list[float], value: float) -> None:
    spread = spread_of(measured(samples))
    assert 0 <= spread.below(value) <= spread.below(value + 1) <= 1
    assert spread.below(max(samples)) == 1


def test_a_figure_alone_stands_for_all_samples() -> None:
    spread = spread_of(single("search", METRIC, 7.0, n=5))
    assert spread.ranked(5) == [7.0] * 5


def test_the_quantile_of_one_is_its_own_and_of_several_is_between_theirs() -> None:
    fast = spread_of(measured([float(index) for index in range(1000)]))
    slow = spread_of(measured([5000.0 + index for index in range(1000)]))
    assert pooled([fast], 0.9) == pytest.approx(899.1)
    # Nine tenths of both are four fifths of the slow ones.
    assert pooled([fast, slow], 0.9) == pytest.approx(5799, abs=25)
    with pytest.raises(ValueError, match="no samples"):
        pooled([], 0.9)
