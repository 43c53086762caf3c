"""The legs of a matrix become one result: nothing of them is lost, and nothing looks better than it was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import results

from perfreg.analysis.legs import Leg, together
from perfreg.errors import InputError
from perfreg.model.result import BaselineInfo, Gate, GateStatus, Result

GATES: tuple[GateStatus, ...] = ("pass", "warn", "fail")


def leg(name: str, scenario: str, gate: GateStatus = "pass") -> Leg:
    """A leg with one scenario of its own, made of the first one of the result that has everything."""
    whole = results.every_verdict()
    first = whole.run.scenarios[0].name
    record = replace(whole.run.scenarios[0], name=scenario)
    run = replace(
        whole.run, status="ok", scenarios=(record,), regressed=(f"{scenario}.throughput",),
        measurements=tuple(replace(m, scenario=scenario) for m in whole.run.measurements if m.scenario == first),
    )  # fmt: skip
    verdicts = tuple(replace(v, scenario=scenario) for v in whole.verdicts if v.scenario == first)
    reasons = (f"reason of {name}",) if gate != "pass" else ()
    result = replace(whole, run=run, verdicts=verdicts, gate=Gate(status=gate, reasons=reasons), notes=("same note",))
    return Leg(name=name, result=result)


def test_scenarios_verdicts_and_notes_of_all_legs_are_there() -> None:
    one, two = leg("api", "search"), leg("database", "orders")
    found = together([one, two])
    assert [record.name for record in found.run.scenarios] == ["search", "orders"]
    assert found.verdicts == one.result.verdicts + two.result.verdicts
    assert found.run.measurements == one.result.run.measurements + two.result.run.measurements
    assert found.run.regressed == ("search.throughput", "orders.throughput")
    assert found.notes == ("same note",)


@given(st.lists(st.sampled_from(GATES), min_size=1, max_size=5))
def test_the_worst_gate_counts_and_its_reasons_come_first(gates: list[GateStatus]) -> None:
    legs = [leg(f"leg {number}", f"scenario {number}", gate) for number, gate in enumerate(gates)]
    found = together(legs).gate
    assert found.status == max(gates, key=GATES.index)
    ranks = [GATES.index(legs[int(reason.rpartition(" ")[2])].result.gate.status) for reason in found.reasons]
    assert ranks == sorted(ranks, reverse=True)
    assert len(ranks) == sum(gate != "pass" for gate in gates)


def test_a_leg_that_did_not_come_is_never_green() -> None:
    found = together([leg("api", "search")], expected=3)
    assert (found.gate.status, found.run.status) == ("fail", "broken")
    assert "2 of 3 legs" in found.gate.reasons[0]
    assert together([leg("api", "search")], expected=1).gate.status == "pass"


def test_one_broken_leg_breaks_the_whole() -> None:
    broken = leg("api", "search", "fail")
    broken = replace(broken, result=replace(broken.result, run=replace(broken.result.run, status="broken")))
    assert together([leg("database", "orders"), broken]).run.status == "broken"


def test_scenarios_of_the_same_name_are_told_apart_everywhere() -> None:
    found = together([leg("linux", "search"), leg("windows", "search"), leg("other", "orders")])
    names = ["search (linux)", "search (windows)", "orders"]
    assert [record.name for record in found.run.scenarios] == names
    assert list(dict.fromkeys(verdict.scenario for verdict in found.verdicts)) == names
    assert list(dict.fromkeys(point.scenario for point in found.run.measurements)) == names
    assert found.run.regressed == tuple(f"{name}.throughput" for name in names)


def test_the_baseline_is_as_good_as_the_weakest() -> None:
    infos = (BaselineInfo(runs=9, health=0.9, concerns=("few",)), BaselineInfo(runs=4, health=0.3, concerns=("old",)))
    legs = [leg("a", "x"), leg("b", "y")]
    pairs = zip(legs, infos, strict=True)
    found = together([replace(each, result=replace(each.result, baseline=info)) for each, info in pairs])
    assert found.baseline == BaselineInfo(runs=4, health=0.3, concerns=("few", "old"))


def _of_another_commit(result: Result) -> Result:
    return replace(result, run=replace(result.run, source=replace(result.run.source, commit="f" * 40)))


def test_what_does_not_belong_together_is_refused() -> None:
    other = leg("b", "y")
    with pytest.raises(InputError, match="different commits"):
        together([leg("a", "x"), replace(other, result=_of_another_commit(other.result))])
    with pytest.raises(InputError, match="there is no result"):
        together([], expected=2)


def test_legs_on_different_machines_say_so() -> None:
    other = leg("b", "y")
    environment = replace(other.result.run.environment, key="another", cpu_model="Neoverse-N1")
    moved = replace(other, result=replace(other.result, run=replace(other.result.run, environment=environment)))
    assert any(
        "different machines" in note and "Neoverse-N1" in note for note in together([leg("a", "x"), moved]).notes
    )
