from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.paired_data import LATENCY, policy, rounds

from perfreg.analysis.paired import PairedPolicy, PairedVerdict, judge_rounds
from perfreg.analysis.rounds import Rounds
from perfreg.model.metric import CATALOGUE, Metric
from perfreg.stats.histogram import from_values
from perfreg.stats.starts import FEWEST as FEWEST_STARTS

THROUGHPUT = CATALOGUE["throughput"]
ERRORS = CATALOGUE["error_rate"]
MAXIMUM = CATALOGUE["response_time_max"]
ROWS = CATALOGUE["row_count"]
INSTRUCTIONS = CATALOGUE["instructions"]
PLAN = CATALOGUE["plan_shape"]
POLICY = policy()


def judge(series: Rounds, chosen: PairedPolicy = POLICY, *, final: bool = True) -> PairedVerdict:
    return judge_rounds([series], chosen, final=final)[0]


def timed(change: float, *, n: int = 24, seed: int = 1, sigma: float = 0.01, metric: Metric = LATENCY) -> Rounds:
    rng = np.random.default_rng(seed)
    base, head = 20 * np.exp(sigma * rng.standard_normal((2, n)))
    return rounds(base.tolist(), (change * head).tolist(), metric=metric)


def of_starts(seed: int, *, luck: float, starts: int = 6, each: int = 5) -> Rounds:
    """Nothing changed, but every start of either side is fast or slow by luck."""
    rng = np.random.default_rng(seed)
    base, head = (
        np.exp(np.repeat(luck * rng.standard_normal(starts), each) + 0.003 * rng.standard_normal(starts * each))
        for _ in range(2)
    )
    return rounds(base.tolist(), head.tolist(), starts=starts)


def test_a_slower_head_is_a_regression() -> None:
    found = judge(timed(1.1))
    verdict = found.verdict
    assert (verdict.status, verdict.severity, found.decided) == ("regression", "high", True)
    assert verdict.ci_low_pct is not None
    assert verdict.ci_high_pct is not None
    assert 2 < verdict.ci_low_pct < 10 < verdict.ci_high_pct < 20
    assert verdict.base is not None
    assert verdict.head is not None
    assert verdict.head / verdict.base == pytest.approx(1.1, rel=0.01)
    assert "in 24 rounds: all of it beyond the minimum effect of 2 %" in verdict.reason
    assert verdict.baseline_samples == 2400


@pytest.mark.parametrize(("change", "status"), [(1.1, "improvement"), (0.9, "regression"), (1.0, "unchanged")])
def test_more_throughput_is_better(change: float, status: str) -> None:
    assert judge(timed(change, metric=THROUGHPUT)).verdict.status == status


@pytest.mark.parametrize(("change", "severity"), [(1.035, "medium"), (1.1, "high"), (1.4, "critical"), (1.012, "low")])
def test_severity_is_that_of_the_least_change(change: float, severity: str) -> None:
    found = judge(timed(change, sigma=0.003), policy(tolerance_pct=0.5))
    assert (found.verdict.status, found.verdict.severity) == ("regression", severity)


def test_noise_in_time_is_open_and_at_the_end_inconclusive() -> None:
    loud = timed(1.03, sigma=0.2)
    found = judge(loud, final=False)
    assert (found.verdict.status, found.decided) == ("inconclusive", False)
    at_the_end = judge(loud).verdict
    assert at_the_end.status == "inconclusive"
    assert "would have shown" in at_the_end.reason


def test_what_excludes_a_regression_is_no_warning() -> None:
    found = judge(timed(0.97, sigma=0.02), policy())
    assert found.verdict.status in ("unchanged", "improvement")
    assert not math.isnan(found.verdict.change_pct or math.nan)


def test_few_rounds_wait_for_more() -> None:
    found = judge(timed(2.0, n=5))
    assert (found.verdict.status, found.decided) == ("inconclusive", False)
    assert "at least 8 are needed" in found.verdict.reason


def test_too_few_starts_decide_nothing() -> None:
    restarting = policy(restarts=True)
    series = replace(timed(1.5), generation=tuple(index // 8 for index in range(24)))
    found = judge(series, restarting)
    assert (found.verdict.status, found.decided) == ("inconclusive", False)
    assert f"only 3 starts of the services, and {FEWEST_STARTS} are needed" in found.verdict.reason
    assert judge(replace(series, generation=tuple(index // 6 for index in range(24))), restarting).verdict.status == (
        "regression"
    )
    assert judge(series, policy()).verdict.status == "regression"


def test_luck_of_starts_is_no_change() -> None:
    """Of 80 comparisons no more than alpha, and three standard deviations, may be told that something changed."""
    lucky = [of_starts(seed, luck=0.05) for seed in range(80)]
    chosen = replace(policy(tolerance_pct=0.0, restarts=True), confidence=0.9)
    wrong = sum(judge(series, chosen).verdict.status in ("regression", "improvement") for series in lucky)
    assert wrong <= 80 * 0.1 + 3 * math.sqrt(80 * 0.1 * 0.9)
    default = [judge(series, policy(restarts=True)).verdict.status for series in lucky[:40]]
    assert default.count("regression") <= 1


def test_many_unchanged_metrics_give_no_regression() -> None:
    """Forty metrics each, none of them changed: any regression at all in at most alpha of the comparisons."""
    chosen = replace(policy(tolerance_pct=0.0), confidence=0.9)
    red = 0
    for seed in range(15):
        series = [timed(1.0, n=16, seed=1000 * seed + index) for index in range(40)]
        red += any(found.verdict.status == "regression" for found in judge_rounds(series, chosen, final=True))
    assert red <= 15 * 0.05 + 3 * math.sqrt(15 * 0.05)


def test_among_many_metrics_each_has_to_be_clearer() -> None:
    weak = timed(1.02, n=16, seed=3, sigma=0.012)
    chosen = policy(tolerance_pct=0.0)
    weakly = judge(weak, chosen).verdict
    assert weakly.status == "regression"
    others = [timed(1.0, n=16, seed=100 + index) for index in range(60)]
    among = judge_rounds([weak, *others], chosen, final=True)[0]
    assert (among.verdict.status, among.decided) == ("inconclusive", False)
    assert "clear by itself, but not among so many metrics" in among.verdict.reason
    assert among.verdict.ci_low_pct == weakly.ci_low_pct


def test_a_budget_holds_whatever_the_change() -> None:
    found = judge(timed(1.0), policy(critical=10.0)).verdict
    assert (found.status, found.severity, found.budget) == ("regression", "critical", "critical")
    assert judge(timed(1.0), policy(warning=10.0)).verdict.budget == "warning"


def test_the_rule_may_set_the_severity_and_a_regression_may_be_accepted() -> None:
    chosen = policy(severity="low")
    found = judge(timed(1.5), replace(chosen, acceptance_of=lambda name: f"known: {name}")).verdict
    assert (found.severity, found.accepted) == ("low", "known: search.response_time_mean")
    assert judge(timed(1.0), replace(chosen, acceptance_of=lambda _: "known")).verdict.accepted == ""


def test_informative_metrics_never_fail() -> None:
    found = judge(timed(3.0, metric=MAXIMUM))
    assert (found.verdict.status, found.decided) == ("unchanged", True)
    assert "informative" in found.verdict.reason


def test_the_noise_of_the_session_is_reported() -> None:
    noise = judge(timed(1.0, n=40)).noise
    assert noise.sigma_pct == pytest.approx(1.42, rel=0.6)
    assert noise.detectable_pct is not None
    assert 2 < noise.detectable_pct < 6
    assert noise.self_low_pct is not None
    assert noise.self_high_pct is not None
    assert noise.self_low_pct < 0 < noise.self_high_pct
    assert judge(timed(1.0, n=12)).noise.self_low_pct is None
    assert judge(timed(1.0, n=40), final=False).noise.self_low_pct is None


def test_base_against_base_is_the_same_for_one_metric_and_for_many() -> None:
    series = [timed(1.0, n=n, seed=n) for n in (16, 17, 24, 24)]
    together = judge_rounds(series, POLICY, final=True)
    for one, found in zip(series, together, strict=True):
        assert found.noise.self_low_pct == pytest.approx(judge(one).noise.self_low_pct, abs=1e-3)


@pytest.mark.parametrize(
    ("base", "head", "told"),
    [
        ([], [], "no round was measured"),
        ([1.0] * 9, [math.nan] * 9, "no finite number"),
        ([1.0] * 9, [math.inf] * 9, "no finite number"),
        ([1.0] * 9, [-1.0] * 9, "negative"),
        ([1.0] * 9, [0.0] + [1.0] * 8, "some rounds measured 0"),
    ],
)
def test_what_has_no_ratio_is_inconclusive(base: list[float], head: list[float], told: str) -> None:
    found = judge(rounds(base, head))
    assert (found.verdict.status, found.decided) == ("inconclusive", True)
    assert told in found.verdict.reason
    assert judge(rounds(base, head, metric=MAXIMUM)).verdict.status == "unchanged"


def test_zeros_on_both_sides_are_equal() -> None:
    found = judge(rounds([0.0] * 10, [0.0] * 10)).verdict
    assert (found.status, found.change_pct) == ("unchanged", 0.0)


anything = st.one_of(st.floats(), st.sampled_from([0.0, 5e-324, 1e308, 1.0, 100.0]))
kinds = st.sampled_from([LATENCY, THROUGHPUT, ERRORS, MAXIMUM, ROWS, INSTRUCTIONS])


@settings(max_examples=40)
@given(st.lists(st.tuples(anything, anything), max_size=26), kinds, st.booleans(), st.booleans())
def test_every_metric_has_a_verdict(
    values: list[tuple[float, float]], metric: Metric, final: bool, restarts: bool
) -> None:
    series = rounds([base for base, _ in values], [head for _, head in values], metric=metric)
    found = judge(series, policy(restarts=restarts), final=final)
    assert found.verdict.status in ("regression", "improvement", "unchanged", "inconclusive")
    assert found.verdict.reason
    chosen = [value for pair in values for value in pair]
    if not all(map(math.isfinite, chosen)):
        assert found.verdict.status != "regression"
    for number in (found.verdict.change_pct, found.verdict.ci_low_pct, found.noise.detectable_pct):
        assert number is None or math.isfinite(number)


@pytest.mark.parametrize(
    ("metric", "base", "head", "status"),
    [
        (INSTRUCTIONS, 1000.0, 1000.0, "unchanged"),
        (INSTRUCTIONS, 1000.0, 1001.0, "unchanged"),
        (INSTRUCTIONS, 1000.0, 1050.0, "regression"),
        (INSTRUCTIONS, 1000.0, 900.0, "improvement"),
        (ROWS, 10.0, 11.0, "inconclusive"),
        (ROWS, 0.0, 11.0, "inconclusive"),
        (INSTRUCTIONS, 0.0, 11.0, "inconclusive"),
        (INSTRUCTIONS, 0.0, 0.0, "unchanged"),
        (PLAN, 1.0, 2.0, "inconclusive"),
    ],
)
def test_what_never_varies_needs_no_statistics(metric: Metric, base: float, head: float, status: str) -> None:
    found = judge(rounds([base] * 3, [head] * 3, metric=metric), final=False)
    assert (found.verdict.status, found.verdict.method, found.decided) == (status, "exact", True)


def test_exact_figures_that_vary_are_judged_like_timings() -> None:
    rng = np.random.default_rng(4)
    base, head = 1e6 + rng.integers(0, 500, (2, 20))
    found = judge(rounds(base.tolist(), (1.1 * head).tolist(), metric=INSTRUCTIONS)).verdict
    assert (found.status, found.method) == ("regression", "paired ratios, sign-flip")


@pytest.mark.parametrize(
    ("base", "head", "status"),
    [(0, 0, "unchanged"), (0, 1, "inconclusive"), (0, 20, "regression"), (20, 0, "improvement"), (1, 0, "unchanged")],
)
def test_failures_are_compared_as_shares(base: int, head: int, status: str) -> None:
    """The first rounds have a failure more each, of 100 attempts in each of 24 rounds."""
    series = rounds(*([1.0] * many + [0.0] * (24 - many) for many in (base, head)), metric=ERRORS)
    found = judge(series)
    assert (found.verdict.status, found.verdict.method) == (status, "binomial")
    assert judge(series, final=False).verdict.status == ("unchanged" if status == "inconclusive" else status)


@pytest.mark.parametrize(
    ("value", "told"), [(-1.0, "negative"), (101.0, "more than 100 %"), (1e308, "more than 100 %")]
)
def test_impossible_shares_are_inconclusive(value: float, told: str) -> None:
    found = judge(rounds([0.0] * 9, [value] * 9, metric=ERRORS)).verdict
    assert found.status == "inconclusive"
    assert told in found.reason


def test_a_few_failures_may_be_chance() -> None:
    found = judge(rounds([0.0] * 16, [1.0] * 3 + [0.0] * 13, metric=ERRORS)).verdict
    assert (found.status, found.change_pct) == ("inconclusive", None)
    assert "3 of 1600 failed at head, 0 of 1600 at base: that may be chance" in found.reason


def test_quantiles_come_from_all_samples() -> None:
    rng = np.random.default_rng(5)
    metric = CATALOGUE["response_time_p99"]
    base, head = np.exp(0.3 * rng.standard_normal((2, 20, 300)))
    head = np.where(head > np.quantile(head, 0.95), 1.5 * head, head)
    plain = rounds(np.quantile(base, 0.99, axis=1).tolist(), np.quantile(head, 0.99, axis=1).tolist(), metric=metric)
    series = replace(
        plain,
        share=0.99,
        base_samples=tuple(from_values(block) for block in base),
        head_samples=tuple(from_values(block) for block in head),
    )
    found = judge(series).verdict
    assert (found.status, found.method) == ("regression", "paired quantiles, sign-flip")
    assert found.base == pytest.approx(float(np.quantile(base, 0.99)), rel=0.02)
    # Without samples in every block the figures of the blocks have to do.
    lacking = replace(series, head_samples=(*series.head_samples[:-1], from_values([])))
    assert judge(lacking).verdict.method == "paired ratios, sign-flip"


def test_nothing_to_judge_is_nothing() -> None:
    assert judge_rounds([], POLICY, final=True) == ()
