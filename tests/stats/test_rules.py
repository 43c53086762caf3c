"""Every rule of the registry keeps what is promised of rules; further down, each gives its published numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.stats.rules.registry import RULES
from perfreg.stats.rules.rule import Rule

every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)

any_number = st.floats(allow_nan=True, allow_infinity=True)
timing = st.floats(min_value=1.0, max_value=1000.0)
past_runs = st.lists(timing, min_size=25, max_size=60)

LINEAR = (
    "percentage",
    "z",
    "t",
    "iqr",
    "tukey",
    "robust_z",
    "mann_whitney",
    "welch",
    "confidence_interval",
    "weighted_t",
    "step",
)
RATIOS = ("ratio", "log_normal", "moderated_t")
MONOTONE = sorted(set(RULES) - {"mann_whitney", "welch", "confidence_interval", "weighted_t", "step"})


def noise(n: int = 40, sigma: float = 0.02, seed: int = 7) -> list[float]:
    return [100 * math.exp(sigma * each) for each in np.random.default_rng(seed).standard_normal(n)]


@every_rule
@given(past=st.lists(any_number, max_size=40), value=any_number)
def test_a_rule_has_a_defined_answer_for_any_numbers(rule: Rule, past: list[float], value: float) -> None:
    found = rule.score(past, value)
    assert (found.score is None) == bool(found.why)
    numbers = (found.score, found.base, found.change_pct, found.low_pct, found.high_pct, found.p_value, found.z)
    assert all(number is None or math.isfinite(number) for number in numbers)
    assert found.p_value is None or 0 <= found.p_value <= 1


@every_rule
@given(level=st.floats(-1e300, 1e300), n=st.integers(0, 40))
def test_what_never_varied_and_has_not_changed_is_never_significant(rule: Rule, level: float, n: int) -> None:
    found = rule.score([level] * n, level)
    assert found.score in (0, None)
    assert found.p_value in (1, None)


# Long lists take longer to draw than to judge: all rules are asked about the same ones.


@given(past=past_runs, value=timing, power=st.integers(-40, 40))
def test_a_score_has_no_unit(past: list[float], value: float, power: int) -> None:
    unit = 2.0**power
    for name, rule in RULES.items():
        found, other = rule.score(past, value), rule.score([each * unit for each in past], value * unit)
        assert other.score == pytest.approx(found.score, rel=1e-6, abs=1e-9), name
        assert other.change_pct == pytest.approx(found.change_pct, rel=1e-6, abs=1e-6), name
        if found.base is not None:
            assert other.base == pytest.approx(found.base * unit), name


@given(past=past_runs, value=timing)
def test_negated_numbers_mirror_the_score(past: list[float], value: float) -> None:
    for name in LINEAR:
        found, other = RULES[name].score(past, value), RULES[name].score([-each for each in past], -value)
        if found.score is None:
            assert other.score is None, name
        else:
            assert other.score == pytest.approx(-found.score, rel=1e-6, abs=1e-9), name


@given(past=past_runs, value=timing)
def test_rates_instead_of_times_mirror_the_score(past: list[float], value: float) -> None:
    for name in RATIOS:
        found, other = RULES[name].score(past, value), RULES[name].score([1 / each for each in past], 1 / value)
        if found.score is not None:
            assert other.score == pytest.approx(-found.score, rel=1e-4, abs=1e-6), name


@given(past=past_runs, one=timing, two=timing)
def test_the_larger_number_never_has_the_smaller_score(past: list[float], one: float, two: float) -> None:
    for name in MONOTONE:
        low, high = (RULES[name].score(past, each).score for each in sorted((one, two)))
        assert low is None or high is None or low <= high + 1e-9, name


@every_rule
def test_runs_without_a_number_are_no_runs(rule: Rule) -> None:
    past = noise()
    with_gaps = [past[0], math.nan, *past[1:20], math.inf, *past[20:]]
    assert rule.score(with_gaps, 104.0) == rule.score(past, 104.0)


@every_rule
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_has_no_score(rule: Rule, value: float) -> None:
    assert rule.score(noise(), value).score is None


@every_rule
def test_a_rule_says_how_many_runs_it_needs(rule: Rule) -> None:
    needed = rule.needs + (rule.recent or 1) - 1
    assert rule.score(noise(needed), 100.0).score is not None
    found = rule.score(noise()[: needed - 1], 100.0)
    assert found.score is None
    assert f"needs {needed} past run" in found.why


@every_rule
def test_a_lasting_doubling_is_beyond_every_limit(rule: Rule) -> None:
    past = [*noise(), *(2.1 * each for each in noise(15, seed=3)[: (rule.recent or 1) - 1])]
    found = rule.score(past, 212.0)
    assert found.score is not None
    assert found.change_pct == pytest.approx(111, abs=8)
    if rule.limit is None:
        assert found.p_value is not None
        assert found.p_value < 0.001
    else:
        assert found.score > rule.limit


@every_rule
def test_noise_stays_within_the_limits(rule: Rule) -> None:
    found = rule.score(noise(), 100.5)
    assert found.score is not None
    assert abs(found.score) < (2.0 if rule.limit is None else rule.limit or 1e-9)


def test_ratio_is_signed_times() -> None:
    assert RULES["ratio"].score([1.0, 10.0], 25.0).score == 2.5
    assert RULES["ratio"].score([1.0, 10.0], 5.0).score == -2.0
    assert RULES["ratio"].score([0.0], 5.0).why == "a ratio needs numbers above zero"


def test_percentage_is_of_the_mean() -> None:
    found = RULES["percentage"].score([90.0, 110.0], 125.0)
    assert found.score == pytest.approx(25.0)
    assert found.base == pytest.approx(100.0)


def test_z_and_log_normal_divide_by_the_spread_of_all_runs() -> None:
    assert RULES["z"].score([1.0, 2.0, 3.0, 4.0, 5.0], 6.0).score == pytest.approx(3 / math.sqrt(2))
    logs = [math.exp(each) for each in (1.0, 2.0, 3.0, 4.0, 5.0)]
    assert RULES["log_normal"].score(logs, math.exp(6.0)).score == pytest.approx(3 / math.sqrt(2))


def test_t_counts_the_scatter_of_the_new_run_and_few_degrees_of_freedom() -> None:
    found = RULES["t"].score([1.0, 2.0, 3.0, 4.0, 5.0], 6.0)
    # t = 3 / (1.5811 * sqrt(1.2)) = 1.732 with 4 degrees of freedom has a two-sided p of 0.1583.
    assert found.p_value == pytest.approx(0.1583, abs=1e-4)
    assert found.score == pytest.approx(1.411, abs=1e-3)


def test_iqr_and_delta_iqr_are_those_of_bencher() -> None:
    past = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert RULES["iqr"].score(past, 9.0).score == pytest.approx(3.0)
    assert RULES["delta_iqr"].score(past, 3 * (1 + 3 * 0.3125)).score == pytest.approx(3.0, rel=1e-6)


def test_tukey_starts_at_the_quartile() -> None:
    assert RULES["tukey"].score([1.0, 2.0, 3.0, 4.0, 5.0], 7.0).score == pytest.approx(1.5)
    assert RULES["tukey"].score([1.0, 2.0, 3.0, 4.0, 5.0], 3.9).score == 0


def test_change_iqr_is_the_threshold_of_rustc_perf() -> None:
    past = [100.0, 101.0, 102.01, 104.0502, 106.131204]  # changes of 1, 1, 2 and 2 %: Q3 + 3 IQR is 5 %
    assert RULES["change_iqr"].score(past, past[-1] * 1.10).score == pytest.approx(2.0, rel=1e-6)


def test_robust_z_does_not_mind_a_bad_run() -> None:
    assert RULES["robust_z"].score([98.0, 99.0, 100.0, 101.0, 1e6], 104.4478).score == pytest.approx(3.0)


def test_pooling_rules_look_at_as_many_runs_as_they_are_told() -> None:
    past = [*noise(30), 130.0, 131.0]
    short, customary = (RULES["mann_whitney"].score(past, 129.0, recent=recent) for recent in (3, None))
    assert short.score is not None
    assert customary.score is not None
    assert short.change_pct == pytest.approx(30, abs=3)
    assert short.score > customary.score + 0.2


def test_a_confidence_interval_scores_what_is_certain() -> None:
    found = RULES["confidence_interval"].score([*noise(30), 120.0, 121.0, 119.0, 122.0], 120.0)
    assert found.score == found.low_pct
    assert found.score == pytest.approx(18.5, abs=1.5)
    narrow = RULES["confidence_interval"].score([*noise(30), 120.0, 121.0, 119.0, 122.0], 120.0, level=0.4)
    assert narrow.score is not None
    assert found.score is not None
    assert narrow.score > found.score


def test_step_sees_a_small_lasting_step_and_passes_over_one_that_is_too_small() -> None:
    for size, found in ((1.03, True), (1.01, False)):
        steps = [size * each for each in noise(7, sigma=0.004, seed=2)]
        score = RULES["step"].score([*noise(40, sigma=0.004), *steps], size * 100).score
        assert score is not None
        assert (score > 3.0) == found


def test_moderated_t_is_wary_of_noise_inside_the_run() -> None:
    calm = RULES["moderated_t"].score(noise(), 110.0)
    noisy = RULES["moderated_t"].score(noise(), 110.0, errors=(0.1, [0.01] * 40))
    assert calm.score is not None
    assert noisy.score is not None
    assert noisy.score < calm.score / 2
