"""How a scenario ends: head has to work, a base that does not is nothing to compare with, errors are counted."""

from __future__ import annotations

from typing import ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.app.compare import schedule
from perfreg.app.compare.contest import Contest, Round, is_failing, tolerant
from perfreg.app.compare.station import Block
from perfreg.config.base import ScenarioSpec
from perfreg.measure.block import split
from perfreg.measure.context import Outcome

S = schedule.SHORTEST_BLOCK_S
GOOD = Outcome(attempts=100, busy_s=S)


class Spec(ScenarioSpec):
    """Iterations that a block can have fewer of."""

    isolated: ClassVar[bool] = True
    type: Literal["spec"] = "spec"
    iterations: int = 100

    def block(self, seconds: float, pace: float | None = None) -> ScenarioSpec:
        return self.model_copy(update={"iterations": split(seconds, pace, warm_up=0)[1]})


class WholeSpec(ScenarioSpec):
    """What cannot be cut down."""

    type: Literal["whole"] = "whole"


def contest(spec: ScenarioSpec | None = None, **tried: Block) -> Contest:
    spec = spec or Spec(name="a")
    made = Contest(spec=spec, specs={"base": spec, "head": spec})
    made.tried = {name: tried[name] for name in ("base", "head") if name in tried}
    return made


def block(outcome: Outcome = GOOD, *, seconds: float = S + 0.05, absent: bool = False) -> Block:
    return Block(outcome=outcome, seconds=seconds, absent=absent)


def failed(**errors: int) -> Outcome:
    names = {name.replace("_", " "): count for name, count in errors.items()}
    return Outcome(status="broken", reasons=("all of it failed\nlog: more",), errors=names, attempts=9)


def test_both_work() -> None:
    made = contest(base=block(), head=block())
    made.judge_try_out()
    assert made.is_open


@pytest.mark.parametrize("base", [block(), block(failed(status_500=9))])
def test_a_head_that_fails_is_broken_whatever_base_does(base: Block) -> None:
    made = contest(base=base, head=block(failed(status_500=9)))
    made.judge_try_out()
    assert made.ending == "broken"
    assert made.reasons[0].startswith("head: all of it failed")
    assert ("base fails too" in " ".join(made.reasons)) == (base.outcome.status == "broken")


@pytest.mark.parametrize(
    ("base", "words"),
    [
        (block(failed(status_404=9)), "new: base has no such scenario (all of it failed)"),
        (block(failed(exit_3=9), absent=True), "new: base has no such scenario (all of it failed)"),
        (block(failed(status_500=9)), "nothing to compare with: base fails it (all of it failed)"),
        (block(failed(status_404=1, status_500=1)), "nothing to compare with: base fails it (all of it failed)"),
    ],
)
def test_a_base_that_fails_is_nothing_to_compare_with(base: Block, words: str) -> None:
    made = contest(base=base, head=block())
    made.judge_try_out()
    assert (made.ending, made.reasons) == ("incomparable", (words,))


def test_the_first_ending_stays() -> None:
    made = contest()
    made.breaks("head", ("it died",))
    made.breaks("base", ("so did this",))
    assert made.reasons == ("head: it died",)


def test_errors_are_counted_over_all_rounds_and_named() -> None:
    made = contest(base=block(), head=block())
    bad = Outcome(attempts=100, errors={"status 500": 3})
    for _ in range(20):
        made.add(Round(base=Outcome(attempts=100), head=bad, generation=0), 1.0)
    made.check_errors(5.0, final=True)
    assert made.is_open
    made.check_errors(1.0)
    assert made.reasons == ("head: 3 % of 2000 attempts failed (limit 1 %): 60 x status 500",)


def test_blocks_have_the_pace_of_the_slower_side() -> None:
    slow = Outcome(attempts=50, busy_s=S)
    made = contest(base=block(), head=block(slow))
    made.cut(60.0)
    assert made.blocks["base"] == made.blocks["head"]
    seconds = schedule.block_s(60.0, 0.05)
    assert made.blocks["head"] == Spec(name="a", iterations=round(seconds * 50 / S))
    assert made.round_s == pytest.approx(2 * (seconds + 0.05))


def test_what_cannot_be_cut_costs_what_it_cost() -> None:
    whole = WholeSpec(name="a")
    made = contest(whole, base=block(seconds=4.0), head=block(seconds=5.0))
    made.cut(60.0)
    assert made.blocks["base"] is whole
    assert made.round_s == 8.0


@pytest.mark.parametrize(("failures", "status"), [(1, "ok"), (9, "broken"), (40, "broken")])
def test_a_few_failures_of_the_first_attempt_are_left_to_the_rounds(failures: int, status: str) -> None:
    outcome = Outcome(status="broken", attempts=40, errors={"timeout": failures})
    assert tolerant(block(outcome), 1.0).outcome.status == status


def test_a_block_that_shows_nothing_is_repeated_and_three_in_a_row_are_the_end() -> None:
    made, nothing = contest(), block(Outcome(status="broken", reasons=("no request was finished",)))
    assert made.note("head", block(failed(timeout=9)))
    assert [made.note("head", each) for each in (nothing, nothing, block(), nothing, nothing)] == [
        *(False, False, True, False, False)
    ]
    assert made.is_open
    assert not made.note("head", nothing)
    assert made.reasons == ("head: no request was finished",)


@given(st.integers(0, 1000), st.integers(0, 1000), st.floats(0, 1))
def test_failing_is_beyond_the_limit_and_sooner_or_later_certain(failures: int, attempts: int, limit: float) -> None:
    failures = min(failures, attempts)
    early, final = (is_failing(failures, attempts, limit, final=each) for each in (False, True))
    assert final == (attempts > 0 and failures > limit * attempts)
    assert final or not early


def test_one_failed_run_is_no_certainty_but_a_row_of_them_is() -> None:
    assert not is_failing(1, 1, 0.01, final=False)
    assert is_failing(3, 3, 0.01, final=False)
    assert is_failing(1, 50, 0.01, final=True)
    assert not is_failing(1, 200, 0.01, final=True)
