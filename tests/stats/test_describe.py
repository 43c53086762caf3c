from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.model.metric import CATALOGUE
from perfreg.stats.describe import family, from_samples, single, standard_error

MEAN = CATALOGUE["response_time_mean"]


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=200))
def test_statistics_are_in_order(samples: list[float]) -> None:
    found = from_samples("s", MEAN, samples)
    assert found.n == len(samples)
    order = (found.min, found.p50, found.p90, found.p95, found.p99, found.max)
    assert all(value is not None for value in order)
    numbers = [value for value in order if value is not None]
    assert all(low <= high + 1e-9 * abs(high) for low, high in itertools.pairwise(numbers))
    assert found.std_error is None or found.std_error >= 0


def test_known_samples() -> None:
    found = from_samples("s", CATALOGUE["response_time_p95"], list(range(1, 101)), take="p95")
    assert found.value == pytest.approx(95.05)
    assert found.mean == pytest.approx(50.5)
    assert (found.min, found.max) == (1, 100)
    assert found.std_error is not None
    assert found.std_error > 0


def test_median_is_a_statistic() -> None:
    assert from_samples("s", CATALOGUE["wall_time"], [1.0, 2.0, 10.0], take="median").value == 2.0


def test_drift_within_a_run_makes_its_figure_uncertain() -> None:
    drifting = from_samples("s", MEAN, [1.0] * 50 + [3.0] * 50).std_error
    mixed = from_samples("s", MEAN, [1.0, 3.0] * 50).std_error
    assert drifting == pytest.approx(standard_error([1.0] * 5 + [3.0] * 5))
    assert mixed == pytest.approx(0.0)


def test_one_sample_has_no_spread() -> None:
    found = from_samples("s", MEAN, [4.0])
    assert (found.value, found.std, found.std_error) == (4.0, None, None)


@pytest.mark.parametrize("samples", [[], [1.0, math.nan], [math.inf]])
def test_no_samples_and_no_numbers_are_errors(samples: list[float]) -> None:
    with pytest.raises(ValueError, match="response_time_mean"):
        from_samples("s", MEAN, samples)


def test_family_has_every_statistic_of_the_catalogue() -> None:
    names = [each.metric for each in family("s", "response_time", [1.0, 2.0, 3.0])]
    assert names == [f"response_time_{name}" for name in ("mean", "p50", "p90", "p95", "p99", "max")]


def test_single_keeps_what_it_is_given() -> None:
    found = single("s", CATALOGUE["plan_shape"], 12.0, text="SCAN t")
    assert (found.value, found.n, found.text, found.nature) == (12.0, 1, "SCAN t", "exact")
