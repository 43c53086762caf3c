from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.paired_data import SHAPES, pair_series

from perfreg.analysis.pair_series import MOST, PairSeries, SeriesVerdict, judge_series
from perfreg.stats.paired import pairs_of
from perfreg.stats.sequential import looks

seeds = st.integers(min_value=0, max_value=2**32 - 1)
anything = st.one_of(
    st.floats(), st.sampled_from([0.0, -0.0, 5e-324, 1e-308, 1e308, 1.0, 2.0, math.nan, math.inf, -math.inf])
)
few = settings(max_examples=20)


def judge(series: PairSeries, *, effect: float = 2.0, confidence: float = 0.99) -> SeriesVerdict:
    return judge_series([series], min_effect_pct=effect, confidence=confidence)[0]


def noisy(seed: int, n: int = 30, change: float = 1.0) -> PairSeries:
    rng = np.random.default_rng(seed)
    base, head = np.exp(0.02 * rng.standard_t(3, (2, 1, n)))
    return pair_series(base, head * change)[0]


def exchanged(series: PairSeries) -> PairSeries:
    return replace(series, base=series.head, head=series.base)


def ratio(pct: float | None) -> float:
    return math.nan if pct is None else math.log1p(pct / 100)


@given(st.lists(st.tuples(anything, anything), max_size=30), st.sampled_from([0.0, 2.0, 50.0]))
@example([], 2.0)
@example([(1.0, 2.0)], 2.0)
@example([(5e-324, 1e308)] * 20, 0.0)
@example([(1e308, 5e-324), (5e-324, 1e308)] * 10, 2.0)
@example([(3.0, 3.0)] * 30, 0.0)
def test_every_series_has_a_verdict(pairs: list[tuple[float, float]], effect: float) -> None:
    series = PairSeries(name="s", base=tuple(base for base, _ in pairs), head=tuple(head for _, head in pairs))
    found = judge(series, effect=effect)
    assert found.status in ("regression", "improvement", "unchanged", "inconclusive")
    assert found.reason
    assert 0 <= found.pairs_used <= len(pairs)
    for bound in (found.change_pct, found.ci_low_pct, found.ci_high_pct):
        assert bound is None or math.isfinite(bound)
    flawed = any(not (math.isfinite(value) and value > 0) for pair in pairs for value in pair)
    if flawed or len(pairs) < 8:
        assert found.status == "inconclusive"


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (math.nan, "pair 3 holds a value that is no finite number"),
        (math.inf, "pair 3 holds a value that is no finite number"),
        (0.0, "pair 3 holds 0: only positive values have a ratio"),
        (-2.0, "pair 3 holds -2: only positive values have a ratio"),
    ],
)
def test_bad_input_is_never_significant(bad: float, told: str) -> None:
    head = [10.0] * 40
    head[2] = bad
    found = judge(PairSeries(name="s", base=(1.0,) * 40, head=tuple(head)))
    assert (found.status, found.pairs_used) == ("inconclusive", 0)
    assert told in found.reason


def test_one_pair_is_too_few() -> None:
    found = judge(PairSeries(name="s", base=(1.0,), head=(9.0,)))
    assert (found.status, found.pairs_used, found.ci_low_pct, found.ci_high_pct) == ("inconclusive", 1, None, None)
    assert "at least 8 are needed" in found.reason
    assert judge(PairSeries(name="s", base=(), head=())).reason == "there are no pairs"


@pytest.mark.parametrize("effect", [0.0, 2.0])
def test_equal_pairs_are_unchanged(effect: float) -> None:
    found = judge(PairSeries(name="s", base=(3.0,) * 20, head=(3.0,) * 20), effect=effect)
    assert found.status == "unchanged"
    assert found.change_pct == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("head", "status"), [(1.5, "regression"), (0.7, "improvement"), (1.01, "unchanged")])
def test_constant_values_are_decided(head: float, status: str) -> None:
    found = judge(PairSeries(name="s", base=(1.0,) * 20, head=(head,) * 20))
    assert found.status == status
    assert found.change_pct == pytest.approx(100 * (head - 1), rel=1e-4)


@few
@given(seeds, st.sampled_from([0.9, 1.0, 1.05, 1.2]), st.sampled_from([0.0, 2.0]), st.floats(1e-6, 1e6))
def test_units_do_not_matter(seed: int, change: float, effect: float, unit: float) -> None:
    here = noisy(seed, change=change)
    scaled = replace(here, base=tuple(unit * x for x in here.base), head=tuple(unit * x for x in here.head))
    found, other = judge(here, effect=effect), judge(scaled, effect=effect)
    assert (other.status, other.pairs_used) == (found.status, found.pairs_used)
    assert ratio(other.ci_low_pct) == pytest.approx(ratio(found.ci_low_pct), abs=1e-5)
    assert ratio(other.ci_high_pct) == pytest.approx(ratio(found.ci_high_pct), abs=1e-5)


@few
@given(seeds, st.sampled_from([0.9, 1.0, 1.05, 1.2]), st.sampled_from([0.0, 2.0]))
def test_exchanging_the_sides_mirrors_the_verdict(seed: int, change: float, effect: float) -> None:
    series = noisy(seed, change=change)
    found, other = judge(series, effect=effect), judge(exchanged(series), effect=effect)
    opposite = {"regression": "improvement", "improvement": "regression"}
    assert other.status == opposite.get(found.status, found.status)
    assert other.pairs_used == found.pairs_used
    assert ratio(other.ci_low_pct) == pytest.approx(-ratio(found.ci_high_pct), abs=1e-9)
    assert ratio(other.ci_high_pct) == pytest.approx(-ratio(found.ci_low_pct), abs=1e-9)


@few
@given(seeds)
def test_higher_may_be_better(seed: int) -> None:
    series = noisy(seed, change=1.1)
    lower, higher = (
        judge_series([series], min_effect_pct=2, confidence=0.99, higher_is_better=flag)[0] for flag in (False, True)
    )
    opposite = {"regression": "improvement", "improvement": "regression"}
    assert higher.status == opposite.get(lower.status, lower.status)
    assert higher.ci_low_pct == lower.ci_low_pct


@few
@given(seeds, st.integers(min_value=8, max_value=30))
def test_permuting_the_pairs_of_a_finished_comparison_does_not_move_its_interval(seed: int, n: int) -> None:
    series = noisy(seed, n)
    order = np.random.default_rng(seed).permutation(n)
    arrays = np.array([series.base]), np.array([series.head])
    here = looks(pairs_of(*arrays), 0.02, alpha=0.005, final=True)[0]
    there = looks(pairs_of(*(each[:, order] for each in arrays)), 0.02, alpha=0.005, final=True)[0]
    assert (there.low, there.high) == pytest.approx((here.low, here.high), abs=3e-6)
    assert there.decide(0.005) == here.decide(0.005)


@few
@given(seeds, st.sampled_from([0.95, 1.0, 1.05]), st.sampled_from([0.0, 2.0]))
def test_the_verdict_agrees_with_its_interval(seed: int, change: float, effect: float) -> None:
    found = judge(noisy(seed, change=change), effect=effect)
    low, high, least = ratio(found.ci_low_pct), ratio(found.ci_high_pct), math.log1p(effect / 100)
    beyond = low > least + 1e-5 or high < -least - 1e-5
    if found.pairs_used >= 12:
        assert beyond == (found.status in ("regression", "improvement"))
    if found.status == "regression":
        assert low >= least - 1e-5
    if found.status == "unchanged":
        assert -least - 1e-5 <= low <= high <= least + 1e-5


def test_reading_stops_when_the_verdict_stands() -> None:
    found = judge(noisy(3, 200, change=1.3))
    assert found.status == "regression"
    assert found.pairs_used < 20
    assert judge(noisy(3, found.pairs_used, change=1.3)).status == "regression"


def test_series_do_not_influence_each_other() -> None:
    mixed = [noisy(1, 30), noisy(2, 50, change=1.2), PairSeries(name="none", base=(), head=()), noisy(4, 30)]
    together = judge_series(mixed, min_effect_pct=2, confidence=0.99)
    assert [each.status for each in together] == [judge(series).status for series in mixed]
    assert [each.pairs_used for each in together] == [judge(series).pairs_used for series in mixed]
    assert judge_series([], min_effect_pct=2, confidence=0.99) == ()


def test_what_went_first_always_is_told() -> None:
    series = noisy(5, 30, change=1.3)
    found = judge(replace(series, base_first=(True,) * 30))
    assert "base was always measured first" in found.reason
    assert "head was always" in judge(replace(series, base_first=(False,) * 30)).reason
    assert "always" not in judge(replace(series, base_first=(True, False) * 15)).reason


def test_not_more_pairs_are_read_than_can_matter() -> None:
    rng = np.random.default_rng(6)
    base, head = np.exp(0.3 * rng.standard_normal((2, 1, MOST + 500)))
    found = judge(pair_series(base, head * 1.001)[0], effect=0.1)
    assert found.pairs_used <= MOST
    if found.pairs_used == MOST:
        assert f"only the first {MOST} of {MOST + 500} pairs were read" in found.reason


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("effect", [0.0, 2.0])
def test_no_noise_gives_more_false_alarms_than_alpha(shape: str, effect: float) -> None:
    """Of 240 comparisons in which nothing changed, 10 % may seem changed when they are looked at after every pair."""
    base, head = SHAPES[shape](np.random.default_rng(11), 240, 30)
    found = judge_series(pair_series(np.exp(base), np.exp(head)), min_effect_pct=effect, confidence=0.9)
    worse = sum(each.status == "regression" for each in found)
    better = sum(each.status == "improvement" for each in found)
    # Five percent on either side, and three standard deviations of the count.
    assert max(worse, better) <= 12 + 3 * math.sqrt(240 * 0.05 * 0.95)


def test_a_head_of_two_speeds_is_not_blamed_for_one_of_them() -> None:
    rng = np.random.default_rng(12)
    head = np.exp(0.01 * rng.choice([-1.0, 1.0], (100, 40)) + 0.0005 * rng.standard_normal((100, 40)))
    found = judge_series(pair_series(np.ones((100, 40)), head), min_effect_pct=0, confidence=0.99)
    assert sum(each.status in ("regression", "improvement") for each in found) <= 4


def test_real_changes_are_found() -> None:
    base, head = np.exp(0.02 * np.random.default_rng(13).standard_t(3, (2, 100, 48)))
    found = judge_series(pair_series(base, 1.1 * head), min_effect_pct=2, confidence=0.99)
    assert sum(each.status == "regression" for each in found) >= 95
    assert np.mean([each.pairs_used for each in found]) < 24
