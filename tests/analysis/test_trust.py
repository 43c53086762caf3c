from __future__ import annotations

from dataclasses import replace

import pytest

from perfreg.analysis.trust import decide_trust
from perfreg.model.result import Verdict
from perfreg.model.run import Source, Trust

MAIN = Source(commit="c0ffee", branch="main", base_branch="main")
FINE = [Verdict(scenario="s", metric="m", status="unchanged")]
WORSE = [Verdict(scenario="s", metric="m", status="regression", severity="low")]


@pytest.mark.parametrize(
    ("source", "trust"),
    [
        (MAIN, "automatic"),
        (replace(MAIN, branch="feature"), "none"),
        (replace(MAIN, pull_request="7"), "none"),
        (replace(MAIN, dirty=True), "none"),
        (replace(MAIN, base_branch=""), "none"),
        (Source(), "none"),
    ],
)
def test_only_clean_runs_of_the_base_branch_are_taken_by_themselves(source: Source, trust: Trust) -> None:
    assert decide_trust("ok", FINE, source, establish=False, automatic=True).trust == trust
    assert decide_trust("ok", FINE, source, establish=False, automatic=False).trust == "none"
    asked: Trust = "none" if source.pull_request else "established"
    assert decide_trust("ok", FINE, source, establish=True, automatic=False).trust == asked


@pytest.mark.parametrize("establish", [True, False])
def test_a_regressed_run_says_so_and_waits(establish: bool) -> None:
    decision = decide_trust("ok", WORSE, MAIN, establish=establish, automatic=True)
    assert decision.regressed == ("s.m",)
    assert decision.note == "not taken as a baseline: s.m regressed"


def test_an_accepted_regression_does_not_keep_a_run_out() -> None:
    decision = decide_trust("ok", [replace(WORSE[0], accepted="as planned")], MAIN, establish=False, automatic=True)
    assert decision.regressed == ("s.m",)
    assert decision.note == "taken as a baseline: a clean run of main"


@pytest.mark.parametrize("establish", [True, False])
def test_a_broken_run_is_never_taken(establish: bool) -> None:
    assert decide_trust("broken", FINE, MAIN, establish=establish, automatic=True).trust == "none"
