"""When what is measured: pure arithmetic on seconds and rounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from perfreg.app.compare.side import SIDES
from perfreg.model.comparison import SideName

SHORTEST_BLOCK_S = 0.05
LONGEST_BLOCK_S = 3.0
ROUNDS = 300
"""Rounds that are planned for in the budget. What disturbs a machine lasts from tenths of a second to some seconds;
only sides that take turns faster than that suffer it alike."""
FEWEST_ROUNDS = 30
"""Rounds that are planned for where a block costs much beyond its work; statistics want two dozen."""
WORTH = 10
"""Rounds below which hardly anything can be decided."""
GENERATIONS = 40
"""Starts of the services that are planned for, so that the luck of a few does not decide.

Starts of a Python service differ by 3 %, its rounds by 4: where a start costs as much as five rounds, two to eight
rounds a start say most in a given time (Kalibera & Jones 2013, ISMM).
"""
WARM_UP_SHARE = 0.15
"""Share of the budget that warming up may take, at the first start, and once more over all others."""
LONGEST_WARM_UP_S = 5.0
_START_SHARE = 0.3
"""Share of the budget that starting again may take."""
_SHORTEST_WARM_UP_S = 0.2


def order(seed: int, scenario: str, number: int) -> tuple[SideName, SideName]:
    """Which side goes first in round ``number`` of ``scenario``: a fair coin that the seed repeats."""
    coin = Random(f"{seed}/{number}/{scenario}")  # noqa: S311 - no secret hangs on it
    return SIDES if coin.random() < 0.5 else (SIDES[1], SIDES[0])


def first_warm_up_s(budget_s: float) -> float:
    """How long both sides together may warm up after their first start."""
    return min(LONGEST_WARM_UP_S, WARM_UP_SHARE * budget_s)


def block_s(share_s: float, overhead_s: float) -> float:
    """How long a block measures, so that `ROUNDS` rounds of two blocks fit into ``share_s``.

    ``overhead_s`` is what a block costs beyond that. A block is not shorter than its overhead where `FEWEST_ROUNDS` of
    them fit.
    """
    many, few = (share_s / (2 * rounds) - overhead_s for rounds in (ROUNDS, FEWEST_ROUNDS))
    return min(max(many, min(overhead_s, few), SHORTEST_BLOCK_S), LONGEST_BLOCK_S)


def shares(budget_s: float, own: Sequence[float | None]) -> tuple[float, ...]:
    """What each scenario gets of the budget: equal parts, where no smaller budget of its ``own`` is set.

    What one of them leaves goes to the others.
    """
    given: dict[int, float] = {}
    left, waiting = budget_s, set(range(len(own)))
    while waiting:
        part = left / len(waiting)
        modest = {index for index in waiting if (limit := own[index]) is not None and limit <= part}
        for index in modest or waiting:
            limit = own[index]
            given[index] = limit if index in modest and limit is not None else part
        left = max(0.0, left - sum(given[index] for index in modest))
        waiting = waiting - modest if modest else set()
    return tuple(given[index] for index in range(len(own)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a scenario is: its rounds, the time they took, the time its next one takes, and its share of all time."""

    rounds: int
    spent_s: float
    round_s: float
    share_s: float


def whose_turn(standings: Sequence[Standing], left_s: float) -> int:
    """The scenario that is measured next, so that all of them sample the whole session.

    Too few rounds decide nothing: while there is time for `WORTH` rounds of everybody, the one with the fewest is next.
    After that, and where there is not, the one that has had the smallest part of its share.
    """
    missing = sum(max(0, WORTH - each.rounds) * each.round_s for each in standings)
    behind = [index for index, each in enumerate(standings) if each.rounds < WORTH]
    if behind and missing <= left_s:
        return min(behind, key=lambda index: standings[index].rounds)
    return min(range(len(standings)), key=lambda index: standings[index].spent_s / max(standings[index].share_s, 1e-9))


def generations(budget_s: float, start_s: float) -> int:
    """How many starts, the first included, the budget holds when stopping and starting both sides takes ``start_s``."""
    return max(1, min(GENERATIONS, 1 + math.floor(_START_SHARE * budget_s / max(start_s, 1e-3))))


def restart_every(rounds: float, starts: int) -> int | None:
    """Rounds between two starts, when about ``rounds`` are to come; None for no restart at all."""
    return None if starts < 2 else max(1, math.ceil(rounds / starts))


def later_warm_up_s(budget_s: float, starts: int) -> float:
    """How long both sides together may warm up after each restart."""
    return max(_SHORTEST_WARM_UP_S, min(WARM_UP_SHARE * budget_s / max(1, starts - 1), first_warm_up_s(budget_s)))
