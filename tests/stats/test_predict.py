from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.stats.predict import PRIOR_SIGMA, compare, discoveries, excess_failures, inliers, relative_error

positive = st.floats(min_value=1e-6, max_value=1e9)
several = st.lists(positive, min_size=1, max_size=12)


def changed(value: float, past: list[float], error: float = 0.0) -> tuple[float, float]:
    found = compare(value, error, past, [], level=0.05)
    assert found is not None
    return found.z, found.p_value


@given(positive, several, st.floats(min_value=1e-3, max_value=1e3))
def test_unit_of_measurement_does_not_matter(value: float, past: list[float], scale: float) -> None:
    here = compare(value, 0.0, past, [], level=0.05)
    there = compare(value * scale, 0.0, [each * scale for each in past], [], level=0.05)
    assert here is not None
    assert there is not None
    assert there.z == pytest.approx(here.z, rel=1e-6, abs=1e-6)
    assert there.change_pct == pytest.approx(here.change_pct, rel=1e-6, abs=1e-6)


@given(positive, several)
def test_a_ratio_and_its_inverse_are_equally_surprising(value: float, past: list[float]) -> None:
    here, there = changed(value, past), changed(1 / value, [1 / each for each in past])
    assert there[0] == pytest.approx(-here[0], rel=1e-6, abs=1e-6)
    assert there[1] == pytest.approx(here[1], rel=1e-6)


@given(positive, several)
def test_the_interval_holds_the_change_and_excludes_zero_exactly_when_significant(
    value: float, past: list[float]
) -> None:
    found = compare(value, 0.0, past, [], level=0.05)
    assert found is not None
    assert found.low_pct <= found.change_pct <= found.high_pct
    if abs(found.p_value - 0.05) > 1e-6:
        assert (found.low_pct > 0 or found.high_pct < 0) == (found.p_value < 0.05)


def test_thirty_percent_is_found_with_two_past_runs() -> None:
    z, p_value = changed(130.0, [100.0, 101.0])
    assert z > 4
    assert p_value < 0.01


def test_a_change_within_the_noise_of_the_past_is_not_surprising() -> None:
    assert changed(115.0, [100.0, 130.0, 90.0, 120.0, 85.0])[1] > 0.05


def test_more_past_runs_make_the_same_change_more_certain() -> None:
    few, many = changed(112.0, [100.0, 101.0]), changed(112.0, [100.0, 101.0] * 10)
    assert many[1] < few[1]


def test_a_run_that_is_noisy_inside_is_less_certain() -> None:
    assert changed(130.0, [100.0, 101.0], error=0.2)[1] > 10 * changed(130.0, [100.0, 101.0])[1]


def test_false_alarms_stay_at_the_level_when_the_noise_is_as_assumed() -> None:
    rng = np.random.default_rng(3)
    alarms = 0
    trials = 4000
    for _ in range(trials):
        logs = rng.normal(0.0, PRIOR_SIGMA, 6)
        alarms += changed(math.exp(logs[0]), list(np.exp(logs[1:])))[1] < 0.05
    # Binomial with 4000 trials at 5 %: a standard error of 0.34 %.
    assert alarms / trials < 0.06


def test_zero_and_negative_values_are_compared_on_their_mean() -> None:
    found = compare(0.0, 0.0, [0.0, 2.0, 1.0], [], level=0.05)
    assert found is not None
    assert found.base == pytest.approx(1.0)
    assert found.change_pct == pytest.approx(-100.0)


def test_a_baseline_of_zero_has_no_percentage() -> None:
    assert compare(1.0, 0.0, [0.0, 0.0], [], level=0.05) is None


def test_nothing_to_compare_with_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        compare(1.0, 0.0, [], [], level=0.05)


def test_extreme_ratios_stay_finite() -> None:
    found = compare(1e300, 0.0, [1e-300], [], level=0.05)
    assert found is not None
    assert math.isfinite(found.change_pct)
    assert math.isfinite(found.high_pct)


def test_outliers_are_dropped_by_robust_distance() -> None:
    assert inliers([10, 10.1, 9.9, 10.05, 30], 3.0) == (0, 1, 2, 3)


@pytest.mark.parametrize("values", [[1, 100, 1, 1], [5, 5, 5, 5, 9], []])
def test_few_or_constant_values_say_nothing_about_outliers(values: list[float]) -> None:
    assert inliers(values, 3.0) == tuple(range(len(values)))


def test_relative_error() -> None:
    assert relative_error(-10.0, 1.0) == pytest.approx(0.1)
    assert relative_error(10.0, None) == 0.0
    assert relative_error(0.0, 1.0) == 0.0


def test_more_failures_than_before_are_surprising_and_as_many_are_not() -> None:
    assert excess_failures(30, 1000, 10, 3000) < 1e-6
    assert excess_failures(3, 1000, 10, 3000) > 0.3
    assert excess_failures(0, 1000, 0, 3000) == 1.0
    assert excess_failures(1, 1000, 0, 2000) > 0.05


@given(st.lists(st.floats(min_value=0, max_value=1), max_size=30))
def test_discoveries_are_the_smallest_p_values_and_no_more_than_uncorrected(p_values: list[float]) -> None:
    found = discoveries(p_values, 0.05)
    assert len(found) == len(p_values)
    chosen = [p for p, hit in zip(p_values, found, strict=True) if hit]
    left = [p for p, hit in zip(p_values, found, strict=True) if not hit]
    assert all(p <= 0.05 for p in chosen)
    assert not chosen or not left or max(chosen) <= min(left)


def test_discoveries_of_the_original_paper() -> None:
    # Benjamini & Hochberg 1995, section 4: fifteen tests of which four are discoveries at 5 %.
    published = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
        0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000,
    ]  # fmt: skip
    assert discoveries(published, 0.05) == (True,) * 4 + (False,) * 11
