"""What all scenarios of a run have in common: the machine's part of a move, told apart from each scenario's own.

Every scenario is held against the other scenarios of the same run, never against itself and never against its own
other metrics. Only when most of them have moved alike is their median taken for a move of the machine: a scenario that
has changed by itself can neither make such a move nor be hidden by one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from perfreg.model.run import Measurement

COMPANIONS = 4
"""With fewer other scenarios nothing is said: two that change together look like a machine among three."""

SMALLEST = math.log(1.02)
"""A shared move below 2 % changes no verdict worth talking about."""

AGREEING = 0.75
"""This share of the companions must have moved in the same sense, by half the shared move at least."""

_TIMES = ("ns", "us", "µs", "ms", "s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How far a metric of a scenario is from its baseline: ``cost`` is a logarithm, positive when it costs more."""

    scenario: str
    kind: str
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the companions of a scenario moved by (logarithm of cost), shrunken by how far they disagree."""

    cost: float
    companions: int


def move_of(measurement: Measurement, base: float) -> Move | None:
    """The move of a continuous metric from ``base``; None where there is no ratio or no better direction.

    Times and rates are of one kind, as a slow machine makes both worse; other metrics go with those of the same name.
    """
    if measurement.nature != "continuous" or measurement.direction == "none":
        return None
    if measurement.value <= 0 or base <= 0:
        return None
    sign = -1 if measurement.direction == "higher" else 1
    timed = measurement.unit in _TIMES or measurement.unit.endswith("/s")
    return Move(
        scenario=measurement.scenario,
        kind="speed" if timed else measurement.metric,
        cost=sign * math.log(measurement.value / base),
    )


def shared_moves(moves: Sequence[Move], passes: Mapping[str, int]) -> dict[tuple[str, str], Shared]:
    """What each scenario shares with the others, by (scenario, kind); nothing where it shares nothing.

    ``passes`` tells which scenarios were measured at one time (default 0): only those share a machine's mood.
    """
    by_scenario: dict[tuple[int, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for move in moves:
        by_scenario[passes.get(move.scenario, 0), move.kind][move.scenario].append(move.cost)
    found: dict[tuple[str, str], Shared] = {}
    for (_, kind), scenarios in by_scenario.items():
        middles = {name: median(costs) for name, costs in scenarios.items()}
        for name in middles:
            shared = _shared([cost for other, cost in middles.items() if other != name])
            if shared is not None:
                found[name, kind] = shared
    return found


def _shared(companions: Sequence[float]) -> Shared | None:
    if len(companions) < COMPANIONS:
        return None
    middle = median(companions)
    agreeing = sum(cost * middle > 0 and abs(cost) >= abs(middle) / 2 for cost in companions)
    if agreeing < AGREEING * len(companions):
        return None
    spread = 1.4826 * median(abs(cost - middle) for cost in companions)
    # The standard error of a median is a quarter larger than that of a mean.
    error = 1.2533 * spread / math.sqrt(len(companions))
    if abs(middle) < max(SMALLEST, 3 * error):
        return None
    return Shared(cost=middle * middle**2 / (middle**2 + error**2), companions=len(companions))


def whole_run(moves: Sequence[Move], shared: Mapping[tuple[str, str], Shared]) -> str:
    """A sentence about the run as a whole when nearly every scenario moved alike; empty otherwise."""
    costs = [each.cost for (_, kind), each in shared.items() if kind == "speed"]
    scenarios = {move.scenario for move in moves if move.kind == "speed"}
    if not costs or len(costs) < AGREEING * len(scenarios):
        return ""
    cost = median(costs)
    word = "slower" if cost > 0 else "faster"
    return (
        f"the whole run was {100 * abs(math.expm1(cost)):.2g} % {word} than its baseline, {len(costs)} scenarios alike:"
        " that is the runner or the toolchain rather than this change, unless all of them share what it changes"
    )


def without(measurement: Measurement, shared: Shared) -> Measurement:
    """``measurement`` as it would have been without the shared move."""
    sign = -1 if measurement.direction == "higher" else 1
    return replace(measurement, value=measurement.value * math.exp(-sign * shared.cost))
