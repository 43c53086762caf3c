"""Lasting changes found online: what is found, when, and what must not matter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from perfreg.analysis.watch import Policy, Series, Step, watch, watch_many

BEFORE, AFTER = 60, 40


Values = NDArray[np.float64]


def _noise(size: int, sigma: float, seed: int) -> Values:
    return 100 * np.exp(np.random.default_rng(seed).normal(0, sigma, size))


def _stepped(factor: float, *, sigma: float = 0.01, seed: int = 1, before: int = BEFORE) -> Values:
    values = _noise(before + AFTER, sigma, seed)
    values[before:] *= factor
    return values


def _worse(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if step.worse]


def test_a_step_is_found_soon_and_told_once() -> None:
    (step,) = watch(_stepped(1.1))
    assert step.located == BEFORE
    assert BEFORE + 1 < step.raised <= BEFORE + 3
    assert step.change == pytest.approx(0.1, abs=0.02)
    assert step.worse
    assert step.severity == "critical"  # ten standard deviations


def test_severity_is_in_standard_deviations_of_a_run() -> None:
    (step,) = watch(_stepped(1.25, sigma=0.1, seed=3))
    assert step.sigmas == pytest.approx(2.2, abs=0.7)
    assert step.severity in ("low", "medium")


def test_direction_decides_which_change_is_worse() -> None:
    values = _stepped(1.1)
    assert [step.worse for step in watch(values, direction="higher")] == [False]
    assert [step.worse for step in watch(values, direction="none")] == [False]
    assert [step.worse for step in watch(1 / values, direction="higher")] == [True]


def test_after_an_alarm_the_next_change_is_seen_soon() -> None:
    values = _noise(100, 0.01, 1)
    values[60:] *= 1.1
    values[70:] *= 1.15
    first, second = watch(values)
    assert (first.located, second.located) == (60, 70)
    assert second.raised <= 75


def test_back_and_forth_is_two_changes_then_one_level_again() -> None:
    values = _noise(160, 0.01, 1)
    values[60:90] *= 1.2
    values[120:] *= 1.2
    assert [(step.located, step.worse) for step in watch(values)] == [(60, True), (90, False), (120, True)]


def test_a_slow_drift_is_found() -> None:
    values = _noise(150, 0.01, 1)
    values[50:] *= np.exp(np.linspace(0, 0.15, 100))
    assert _worse(watch(values))


@given(st.integers(0, 10_000), st.integers(-40, 40), st.sampled_from([1.02, 1.05, 1.2]))
@settings(max_examples=25, deadline=None)
def test_the_unit_does_not_matter(seed: int, exponent: int, factor: float) -> None:
    values = _stepped(factor, sigma=0.02, seed=seed)
    here, there = watch(values), watch(values * 10.0**exponent)
    assert [(s.raised, s.located, s.worse) for s in here] == [(s.raised, s.located, s.worse) for s in there]
    assert [s.change for s in here] == pytest.approx([s.change for s in there])


@given(st.integers(0, 10_000), st.sampled_from([1.02, 1.05, 1.2, 0.9]))
@settings(max_examples=25, deadline=None)
def test_direction_mirrors(seed: int, factor: float) -> None:
    values = _stepped(factor, sigma=0.02, seed=seed)
    here, there = watch(values), watch(1 / values, direction="higher")
    assert [(s.raised, s.located, s.worse, s.severity) for s in here] == [
        (s.raised, s.located, s.worse, s.severity) for s in there
    ]


@given(st.integers(0, 10_000), st.integers(1, BEFORE + AFTER), st.booleans())
@settings(max_examples=30, deadline=None)
def test_the_future_does_not_matter(seed: int, known: int, with_companions: bool) -> None:
    machine = np.random.default_rng(seed).normal(0, 0.1, BEFORE + AFTER)
    values = _stepped(1.1, sigma=0.02, seed=seed) * np.exp(machine)
    others = [_noise(BEFORE + AFTER, 0.02, seed + i + 1) * np.exp(machine) for i in range(6 * with_companions)]
    whole = watch(values, companions=others)
    part = watch(values[:known], companions=[other[:known] for other in others])
    assert part == tuple(step for step in whole if step.raised < known)


@given(st.floats(1e-300, 1e300), st.integers(0, 400))
@settings(max_examples=40, deadline=None)
def test_a_constant_never_changes(value: float, size: int) -> None:
    assert watch([value] * size) == ()


def test_a_constant_that_steps_has_changed() -> None:
    (step,) = watch([10.0] * 50 + [10.5] * 10)
    assert step.located == 50
    assert step.change == pytest.approx(0.05)
    assert watch([10.0] * 50 + [10.05] * 50) == ()  # half a percent is nobody's concern


@given(
    st.lists(
        st.one_of(st.floats(), st.sampled_from([0.0, -1.0, 1.0, float("nan"), float("inf"), 1e-320, 1e308])),
        max_size=120,
    ),
    st.sampled_from(["lower", "higher", "none"]),
)
@settings(max_examples=60, deadline=None)
def test_any_numbers_have_an_answer(values: list[float], direction: str) -> None:
    for step in watch(values, direction=direction):  # type: ignore[arg-type]
        assert 0 <= step.located <= step.raised < len(values)
        assert np.isfinite([step.change, step.sigmas]).all()


def test_values_without_a_ratio_are_passed_over() -> None:
    values = _stepped(1.1)
    holes = values.copy()
    holes[[5, 20, 40, 61]] = [0, -3, np.nan, np.inf]
    (step,) = watch(holes)
    assert (step.located, step.worse) == (BEFORE, True)
    assert watch(-values) == ()


def _false_alarms(noise: Values, policy: Policy) -> float:
    """Percent of stretches of 15 runs, after 41, in which a series without any change raises an alarm."""
    found = watch_many([Series(values=100 * np.exp(row)) for row in noise], policy=policy)
    hit = sum(any(41 + 15 * i <= s.raised < 56 + 15 * i for s in _worse(each)) for each in found for i in range(3))
    return 100 * hit / (3 * len(noise))


_SHAPES = {
    "bell": lambda chance, size: chance.normal(0, 1, size),
    "heavy tails": lambda chance, size: chance.standard_t(2, size),
    "two levels": lambda chance, size: chance.normal(0, 0.05, size) + 2 * chance.integers(0, 2, size),
    "skewed": lambda chance, size: chance.exponential(1, size),
}


@pytest.mark.parametrize("shape", _SHAPES)
def test_false_alarms_keep_their_rate_whatever_the_noise(shape: str) -> None:
    # At most 4 % of thousands of such stretches have one; these are 360, hence the margin.
    for sigma in (0.003, 0.03, 0.3):
        noise = sigma * _SHAPES[shape](np.random.default_rng(7), (120, 86))
        assert _false_alarms(noise, Policy()) <= 7.5


def test_fewer_false_alarms_can_be_asked_for() -> None:
    drifting = np.cumsum(np.random.default_rng(1).normal(0, 0.01, (80, 86)), axis=1)
    often, seldom = (_false_alarms(drifting, Policy(false_alarms=rate)) for rate in (10.0, 1.0))
    assert seldom < often
    assert Policy(false_alarms=1).threshold > Policy().threshold > Policy(false_alarms=20).threshold


def _suite(seed: int, benchmarks: int = 8) -> Values:
    chance = np.random.default_rng(seed)
    logs: Values = chance.normal(0, 0.15, (80, 1)) + chance.normal(0, 0.02, (80, benchmarks))
    return logs


def test_companions_show_what_the_machine_hides() -> None:
    found = {"alone": 0, "with companions": 0}
    for seed in range(6):
        logs = _suite(seed)
        logs[60:, 0] += np.log(1.08)
        mine, *others = np.exp(logs.T)
        for name, companions in (("alone", []), ("with companions", others)):
            found[name] += any(60 <= step.raised < 75 for step in _worse(watch(mine, companions=companions)))
    assert found["with companions"] >= 5
    assert found["alone"] <= 3


def test_a_change_of_all_benchmarks_at_once_is_still_a_change() -> None:
    chance = np.random.default_rng(1)
    for common in (0.0, 0.02):  # strangers whose runs bear the same numbers, and companions
        logs = common * chance.normal(0, 1, (80, 1)) + chance.normal(0, 0.02, (80, 12))
        logs[60:] += np.log(1.1)
        mine, *others = np.exp(logs.T)
        assert any(60 <= step.raised < 75 for step in _worse(watch(mine, companions=others)))


def test_a_change_of_one_benchmark_is_not_blamed_on_the_others() -> None:
    logs = _suite(1)
    logs[60:, 3] += np.log(1.3)
    series = [Series(values=np.exp(column), sessions=range(80)) for column in logs.T]
    found = watch_many(series)
    assert [bool(_worse(steps)) for steps in found] == [i == 3 for i in range(8)]


def test_series_of_different_length_and_session_go_together() -> None:
    values = _stepped(1.1)
    series = [
        Series(values=values, sessions=range(100)),
        Series(values=values[:3], sessions=[5, 50, 99]),
        Series(values=[], sessions=[]),
        Series(values=values[::2], sessions=range(0, 100, 2)),
        Series(values=values, sessions=range(1_000_000, 1_000_100)),
        Series(values=values, sessions=[7] * 100),
        Series(values=values),
    ]
    found = watch_many(series)
    assert [len(steps) for steps in found] == [1, 0, 0, 1, 1, 1, 1]
    assert found[0] == found[4] == found[5] == found[6]


@given(st.integers(0, 10_000), st.sampled_from([0.02, 0.1]))
@settings(max_examples=25, deadline=None)
def test_each_run_raises_at_most_one_alarm_and_later_ones_come_later(seed: int, sigma: float) -> None:
    chance = np.random.default_rng(seed)
    restless = np.repeat(chance.choice([1.0, 1.1, 1.25, 0.8], 60), chance.integers(2, 12, 60))
    values = restless * _noise(len(restless), sigma, seed)
    raised = [step.raised for step in watch(values)]
    assert raised == sorted(set(raised))


def test_a_change_that_grows_at_once_is_told_again() -> None:
    values = 100 * np.exp(np.random.default_rng(1).normal(0, 0.01, 80))
    values[50:] *= 1.06
    values[54:] *= 1.2
    first, second = watch(values)
    assert first.located == 50
    assert first.change == pytest.approx(0.06, abs=0.02)
    assert 54 <= second.raised < 60
    assert second.change == pytest.approx(0.2, abs=0.04)
    assert watch(np.where(np.arange(80) < 54, values, values / 1.2)) == (first,)
