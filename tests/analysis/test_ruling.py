"""Verdicts by the rule that was chosen."""

from __future__ import annotations

import pytest
from tests.support.runs import history_of, make_run

from perfreg.analysis.judge import Policy, judge
from perfreg.model.result import Verdict
from perfreg.model.rule import ResolvedRule
from perfreg.stats.rules.registry import RULES

METRIC = "s.response_time_mean"
CALM = [100.0, 101.0, 99.0, 100.5, 99.5, 100.2, 99.8, 101.2, 98.8, 100.1]


def verdict(past: list[float], head: float, decision: str, **changes: object) -> Verdict:
    settings = {"direction": "lower", "tolerance_pct": 5.0, "decision": decision, **changes}
    rule = ResolvedRule(**settings)  # type: ignore[arg-type]  # keys by name
    run = make_run({METRIC: head})
    history = history_of(run, [make_run({METRIC: value}) for value in past])
    (found,) = judge(run, history, Policy(rule_of=lambda _: rule))
    return found


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.recent is None])
def test_every_rule_for_single_runs_finds_a_large_change_and_says_who_found_it(name: str) -> None:
    found = verdict(CALM, 250.0, name)
    assert found.status == "regression"
    assert found.method == name.replace("_", "-")
    assert name == "moderated_t" or f"rule {name}" in found.reason
    assert "10 baseline runs" in found.reason
    assert found.change_pct == pytest.approx(150, abs=3)


@pytest.mark.parametrize("name", RULES)
def test_no_rule_finds_a_change_where_there_is_none(name: str) -> None:
    assert verdict(CALM * 2, 100.3, name).status == "unchanged"


@pytest.mark.parametrize("name", RULES)
def test_a_gain_is_never_a_regression(name: str) -> None:
    assert verdict(CALM * 3, 40.0, name).status in ("improvement", "unchanged")


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.recent])
def test_a_rule_that_pools_finds_what_has_lasted(name: str) -> None:
    recent = RULES[name].recent or 0
    found = verdict(
        [*CALM * 3, *(8.0 + each for each in CALM), *[108.5] * (recent - 10)][: 30 + recent - 1], 108.2, name
    )
    assert found.status == "regression", found.reason
    assert "of the newest runs" in found.reason or name == "confidence_interval"


def test_a_limit_is_taken_at_its_word() -> None:
    lax, strict = (verdict(CALM, 108.0, "z", limit=limit) for limit in (20.0, 3.0))
    assert (lax.status, strict.status) == ("unchanged", "regression")
    assert "limit 20" in lax.reason
    assert "within the limit" in lax.reason
    assert verdict(CALM, 108.0, "moderated_t", limit=9.0).status == "unchanged"


def test_the_tolerance_stands_beside_the_rule() -> None:
    found = verdict(CALM, 104.0, "z", limit=3.0)
    assert found.status == "unchanged"
    assert "within the tolerance of 5 %" in found.reason


@pytest.mark.parametrize(("limit", "severity"), [(2.0, "medium"), (1.5, "high"), (1.1, "critical")])
def test_a_rule_without_standard_deviations_grades_by_its_limit(limit: float, severity: str) -> None:
    assert verdict(CALM, 250.0, "ratio", limit=limit).severity == severity


@pytest.mark.parametrize(
    ("past", "head", "name", "words"),
    [
        ([100.0, 100.0, 100.0], 120.0, "z", "no spread to measure by"),
        ([100.0], 120.0, "t", "needs 2 past runs and has 1"),
        ([100.0, 101.0], 120.0, "mann_whitney", "needs 8 past runs and has 2"),
        ([100.0, -100.0, 50.0], -60.0, "ratio", "above zero"),
        ([0.0, 0.0, 0.0], 5.0, "percentage", "the mean is 0"),
    ],
)
def test_a_rule_without_an_answer_leaves_a_doubt_and_its_reason(
    past: list[float], head: float, name: str, words: str
) -> None:
    found = verdict(past, head, name)
    assert found.status == ("unchanged" if head < 0 else "inconclusive")
    assert words in found.reason


def test_what_has_not_moved_needs_no_answer() -> None:
    assert verdict([100.0, 100.0], 100.0, "z").status == "unchanged"
    assert verdict([100.0], 101.0, "t").reason == "+1 %, within the tolerance of 5 %"
    assert verdict([0.0, 0.0], 0.0, "ratio").reason == "zero as before"


def test_what_only_informs_leaves_no_doubt_where_there_was_nothing() -> None:
    assert verdict([0.0, 0.0, 0.0], 5.0, "moderated_t").status == "inconclusive"
    found = verdict([0.0, 0.0, 0.0], 5.0, "moderated_t", direction="none")
    assert (found.status, found.change_pct) == ("unchanged", None)
    assert "the baseline is 0" in found.reason
    assert found.reason.endswith("informative, as it has no better direction")


def test_rules_that_are_proof_against_outliers_see_them() -> None:
    past = [*CALM, 300.0]
    assert verdict(past, 100.0, "z").baseline_runs == 10
    assert verdict(past, 100.0, "robust_z").baseline_runs == 11
    assert verdict(past, 150.0, "ratio").change_pct == pytest.approx(-50)
