"""The arithmetic of a session: fair coins, shares of the budget, lengths of blocks, restarts."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from perfreg.app.compare import schedule

SECONDS = st.floats(0.1, 10_000)
LIMITS = st.lists(st.none() | st.floats(0.01, 10_000), min_size=1, max_size=12)


@given(st.integers(), st.text(max_size=20), st.integers(0, 10_000))
def test_an_order_has_both_sides_and_the_seed_repeats_it(seed: int, name: str, number: int) -> None:
    found = schedule.order(seed, name, number)
    assert sorted(found) == ["base", "head"]
    assert schedule.order(seed, name, number) == found


@given(st.integers(), st.text(max_size=20))
def test_the_coin_is_fair_and_has_no_memory(seed: int, name: str) -> None:
    first = [schedule.order(seed, name, number)[0] == "head" for number in range(400)]
    assert 130 <= sum(first) <= 270
    assert 130 <= sum(a == b for a, b in itertools.pairwise(first)) <= 270


def test_scenarios_and_seeds_have_coins_of_their_own() -> None:
    def coins(seed: int, name: str) -> list[object]:
        return [schedule.order(seed, name, number) for number in range(64)]

    assert coins(1, "a") != coins(1, "b")
    assert coins(1, "a") != coins(2, "a")


@given(SECONDS, LIMITS)
def test_shares_add_up_to_the_budget_unless_everybody_wants_less(budget: float, own: list[float | None]) -> None:
    parts = schedule.shares(budget, own)
    assert sum(parts) <= budget * (1 + 1e-9)
    assert all(
        part >= 0 and (limit is None or part <= limit * (1 + 1e-9)) for part, limit in zip(parts, own, strict=True)
    )
    if None in own:
        assert abs(sum(parts) - budget) <= 1e-6 * budget


@given(SECONDS, LIMITS)
def test_nobody_who_wants_more_gets_less_than_another(budget: float, own: list[float | None]) -> None:
    parts = schedule.shares(budget, own)
    hungry = [part for part, limit in zip(parts, own, strict=True) if limit is None or part < limit * (1 - 1e-9)]
    assert all(part >= max(parts) * (1 - 1e-9) for part in hungry)


@given(st.floats(0, 100_000), st.floats(0, 100))
def test_a_block_is_neither_too_short_nor_too_long(share: float, overhead: float) -> None:
    seconds = schedule.block_s(share, overhead)
    assert schedule.SHORTEST_BLOCK_S <= seconds <= schedule.LONGEST_BLOCK_S
    if seconds > schedule.SHORTEST_BLOCK_S:
        assert 2 * schedule.FEWEST_ROUNDS * (seconds + overhead) <= share * (1 + 1e-9)


def test_a_minute_for_one_scenario_holds_two_dozen_rounds() -> None:
    left = 60 * (1 - 2 * schedule.WARM_UP_SHARE - 0.1)
    assert left / (2 * (schedule.block_s(left, 0.05) + 0.05)) >= 24


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=8))
def test_everybody_takes_part_in_the_whole_session(costs: list[float]) -> None:
    """However unequal their rounds, nobody runs ahead by more than a round, in rounds at first and in time later."""
    for left in (0.0, 1e9):
        rounds = [0] * len(costs)
        for _ in range(20 * len(costs)):
            standings = [
                schedule.Standing(rounds=count, spent_s=count * cost, round_s=cost, share_s=1.0)
                for count, cost in zip(rounds, costs, strict=True)
            ]
            rounds[schedule.whose_turn(standings, left)] += 1
            spent = [count * cost for count, cost in zip(rounds, costs, strict=True)]
            if left and min(rounds) < schedule.WORTH:
                assert max(rounds) - min(rounds) <= 1
            elif not left:
                assert max(spent) - min(spent) <= max(costs) + 1e-9


@given(SECONDS, st.floats(0, 1000))
def test_starting_takes_no_more_than_its_share(budget: float, start: float) -> None:
    starts = schedule.generations(budget, start)
    assert 1 <= starts <= schedule.GENERATIONS
    assert (starts - 1) * start <= 0.3 * budget + 1e-9


def test_cheap_starts_are_repeated_dozens_of_times_and_dear_ones_not_at_all() -> None:
    assert schedule.generations(60, 0.3) == 40
    assert schedule.generations(60, 2.0) == 10
    assert schedule.generations(60, 30.0) == 1
    assert schedule.restart_every(30, 12) == 3
    assert schedule.restart_every(30, 1) is None
    assert schedule.restart_every(5, 12) == 1


@given(SECONDS, st.integers(1, 12))
def test_later_warm_ups_share_what_the_first_may_take(budget: float, starts: int) -> None:
    seconds = schedule.later_warm_up_s(budget, starts)
    assert seconds <= max(schedule.LONGEST_WARM_UP_S, 0.2)
    assert (starts - 1) * seconds <= max(schedule.WARM_UP_SHARE * budget, (starts - 1) * 0.2) + 1e-9
