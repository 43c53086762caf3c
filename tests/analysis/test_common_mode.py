"""What all scenarios of a run share is told apart, and no scenario's own change is hidden or made by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.runs import history_of, make_run

from perfreg.analysis.common_mode import Move, shared_moves
from perfreg.analysis.judge import Judged, Policy, judge_run
from perfreg.model.rule import ResolvedRule

NAMES = [f"s{number}" for number in range(6)]
POLICY = Policy(rule_of=lambda each: ResolvedRule(direction=each.direction, tolerance_pct=5.0))


def judged(heads: dict[str, float], passes: dict[str, int] | None = None, policy: Policy = POLICY) -> Judged:
    """A run after ten calm ones, where ``scenario: factor`` multiplies the response times of the scenarios."""
    rng = np.random.default_rng(5)
    past = [
        make_run({f"{name}.response_time_mean": 100 * float(np.exp(0.01 * rng.standard_normal())) for name in heads})
        for _ in range(10)
    ]
    run = make_run({f"{name}.response_time_mean": 100 * factor for name, factor in heads.items()})
    return judge_run(run, history_of(run, past), policy, passes)


def status(found: Judged, scenario: str) -> str:
    return next(each.status for each in found.verdicts if each.scenario == scenario)


def test_a_slow_machine_is_a_doubt_about_the_run_and_no_regression_of_everything() -> None:
    found = judged(dict.fromkeys(NAMES, 1.25))
    assert {each.status for each in found.verdicts} == {"inconclusive"}
    assert {each.status for each in found.measured} == {"regression"}
    (note,) = found.notes
    assert note.startswith("the whole run was 25 % slower than its baseline, 6 scenarios alike: that is the runner")
    (reason, *_) = [each.reason for each in found.verdicts]
    assert "+25" in reason
    assert "the 5 other scenarios moved by +25 % alike, beside them it is +0." in reason


def test_what_is_much_slower_on_a_slow_machine_is_a_regression_that_shows_both_numbers() -> None:
    found = judged({**dict.fromkeys(NAMES, 1.2), "s2": 1.8})
    assert status(found, "s2") == "regression"
    verdict = next(each for each in found.verdicts if each.scenario == "s2")
    assert verdict.change_pct == pytest.approx(80, abs=2)
    assert "beside them it is +49" in verdict.reason
    assert status(found, "s1") == "inconclusive"


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.06, 1.3, 3.0])
@pytest.mark.parametrize("scenario", NAMES)
def test_a_change_of_one_scenario_alone_is_neither_hidden_nor_shared(factor: float, scenario: str) -> None:
    heads = {**dict.fromkeys(NAMES, 1.0), scenario: factor}
    found = judged(heads)
    assert found.verdicts == found.measured
    assert found.notes == ()


def test_a_scenario_that_stays_behind_on_a_fast_machine_is_told_and_not_accused() -> None:
    found = judged({**dict.fromkeys(NAMES, 0.8), "s3": 1.0})
    assert status(found, "s3") == "unchanged"
    verdict = next(each for each in found.verdicts if each.scenario == "s3")
    assert "moved by -20 % alike, beside them it is +2" in verdict.reason
    assert status(found, "s1") == "unchanged"


def test_few_scenarios_say_nothing_of_the_machine() -> None:
    found = judged(dict.fromkeys(NAMES[:4], 1.25))
    assert {each.status for each in found.verdicts} == {"regression"}
    assert found.notes == ()


def test_it_can_be_switched_off() -> None:
    found = judged(dict.fromkeys(NAMES, 1.25), policy=replace(POLICY, common_mode=False))
    assert {each.status for each in found.verdicts} == {"regression"}


def test_what_was_measured_later_shares_no_mood_with_what_was_measured_before() -> None:
    found = judged(dict.fromkeys(NAMES, 1.25), passes={"s0": 1})
    assert status(found, "s0") == "regression"
    assert status(found, "s1") == "inconclusive"


def test_rates_fall_where_times_grow() -> None:
    names = [f"{name}.response_time_mean" for name in NAMES[:5]]
    past = [make_run({**dict.fromkeys(names, 100 + i % 3), "api.throughput": 500 + i % 4}) for i in range(10)]
    run = make_run({**dict.fromkeys(names, 125.0), "api.throughput": 400.0})
    found = judge_run(run, history_of(run, past), POLICY)
    verdict = next(each for each in found.verdicts if each.scenario == "api")
    assert verdict.status == "inconclusive"
    assert "moved by -1" in verdict.reason


def test_many_metrics_of_one_scenario_are_one_companion() -> None:
    moves = [Move(scenario="noisy", kind="speed", cost=0.2) for _ in range(50)]
    moves += [Move(scenario=name, kind="speed", cost=0.001) for name in NAMES[:4]]
    assert shared_moves(moves, {}) == {}


@given(
    own=st.floats(-1, 1),
    others=st.lists(st.floats(-0.009, 0.009), min_size=4, max_size=12),
    changed=st.lists(st.floats(-1, 1), max_size=1),
)
def test_one_changed_companion_moves_nobody(own: float, others: list[float], changed: list[float]) -> None:
    costs = [own, *others, *changed]
    moves = [Move(scenario=f"s{i}", kind="speed", cost=cost) for i, cost in enumerate(costs)]
    assert shared_moves(moves, {}) == {}


@given(shift=st.floats(0.05, 1), sign=st.sampled_from((-1, 1)), noise=st.lists(st.floats(-0.01, 0.01), min_size=6))
def test_the_shared_move_is_shrunken_and_never_exaggerated(shift: float, sign: int, noise: list[float]) -> None:
    moves = [Move(scenario=f"s{i}", kind="speed", cost=sign * shift + each) for i, each in enumerate(noise)]
    for found in shared_moves(moves, {}).values():
        assert 0 < sign * found.cost <= shift + 0.01
