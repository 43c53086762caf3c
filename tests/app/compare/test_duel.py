"""A session on a clock that only the work itself moves: what is measured when, and when it ends."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.runs import measurement

from perfreg.analysis.paired import PairedPolicy
from perfreg.app.compare import schedule
from perfreg.app.compare.contest import Contest
from perfreg.app.compare.duel import Duel, Terms
from perfreg.app.compare.jury import Jury
from perfreg.app.compare.side import SIDES, Side
from perfreg.app.compare.station import Block, Station
from perfreg.app.observer import Silent
from perfreg.config.base import ScenarioSpec
from perfreg.config.models import ServiceConfig
from perfreg.errors import ServiceError
from perfreg.measure.context import Outcome
from perfreg.model.comparison import SideName
from perfreg.model.rule import ResolvedRule

POLICY = PairedPolicy(rule_of=lambda _: ResolvedRule(direction="lower", tolerance_pct=2.0))


class LoadSpec(ScenarioSpec):
    """Takes as long as it is told."""

    type: Literal["load"] = "load"
    seconds: float = 30.0

    def block(self, seconds: float, pace: float | None = None) -> ScenarioSpec:  # noqa: ARG002 - the base's signature
        return self.model_copy(update={"seconds": seconds})


class JobSpec(ScenarioSpec):
    """Takes as long as it takes, in a process of its own."""

    isolated: ClassVar[bool] = True
    type: Literal["job"] = "job"
    seconds: float = 0.3


@dataclass
class Event:
    """What a station was asked for: the scenario, or ``start``."""

    at: float
    side: SideName
    what: str
    seed: int = 0


@dataclass
class World:
    """A machine without noise but for ``sigma``, where ``cost`` is what a unit of work takes each side."""

    cost: dict[SideName, float] = field(default_factory=lambda: {"base": 1.0, "head": 1.0})
    sigma: float = 0.01
    start_s: float = 0.2
    deaths: dict[SideName, float] = field(default_factory=dict)
    """When a side dies, once: under the first block after that."""
    service: bool = True
    now: float = 0.0
    events: list[Event] = field(default_factory=list)
    noise: random.Random = field(default_factory=lambda: random.Random(7))

    def clock(self) -> float:
        return self.now


class FakeStation:
    """As a `Station`, in a `World`."""

    def __init__(self, name: SideName, world: World) -> None:
        service = ServiceConfig(start="it") if world.service else None
        self.side = Side(name=name, label=name, directory=Path(), env={}, service=service)
        self.world = world
        self.name: SideName = name
        self.is_dead = False

    def start(self) -> float:
        self.world.now += self.world.start_s
        self.is_dead = False
        self.world.events.append(Event(self.world.now, self.name, "start"))
        return self.world.start_s

    def measure(self, spec: LoadSpec | JobSpec, *, seed: int, **_: float) -> Block:
        world = self.world
        world.events.append(Event(world.now, self.name, spec.name, seed))
        if world.now >= world.deaths.get(self.name, math.inf):
            del world.deaths[self.name]
            self.is_dead = True
        seconds = spec.seconds + 0.02
        world.now += seconds
        if self.is_dead:
            return Block(outcome=Outcome(status="broken", reasons=("it died",)), seconds=seconds)
        value = world.cost[self.name] * world.noise.lognormvariate(0, world.sigma)
        outcome = Outcome(
            measurements=(measurement(f"{spec.name}.wall_time", value),), attempts=100, busy_s=spec.seconds
        )
        return Block(outcome=outcome, seconds=seconds)


class Undecided:
    """A jury that never has heard enough."""

    def expect(self, starts: int) -> None:
        """Expect nothing."""

    def ask(self, contests: Sequence[Contest]) -> None:
        """Say nothing."""

    def is_settled(self, *_: object) -> bool:
        """Never."""
        return False

    def so_far(self) -> str:
        """Nothing."""
        return ""


def duel(world: World, *specs: ScenarioSpec, jury: Jury | None = None, **terms: float) -> Duel:
    """A finished session of these scenarios in ``world``."""
    stations = {name: cast("Station", FakeStation(name, world)) for name in SIDES}
    contests = [Contest(spec=spec, specs={"base": spec, "head": spec}) for spec in specs]
    agreed = Terms(**{"budget_s": 60.0, "seed": 1, "start_s": 2 * world.start_s, **terms})  # type: ignore[arg-type]
    found = Duel(stations, contests, agreed, jury or cast("Jury", Undecided()), Silent(), world.clock)
    found.run()
    return found


def test_a_round_is_a_block_of_each_side_in_the_order_of_its_coin() -> None:
    world = World(sigma=0.2)
    duel(world, LoadSpec(name="a"), LoadSpec(name="b"), rounds=12)
    for name in ("a", "b"):
        blocks = [(event.seed, event.side) for event in world.events if event.what == name and event.seed]
        orders = [(number, side) for number in range(1, 13) for side in schedule.order(1, name, number)]
        assert blocks == orders


def test_cheap_services_are_restarted_about_forty_times_and_always_both() -> None:
    world = World(sigma=0.3)
    found = duel(world, LoadSpec(name="a"))
    starts = [event.side for event in world.events if event.what == "start"]
    pairs = [tuple(starts[i : i + 2]) for i in range(0, len(starts), 2)]
    assert 30 <= len(pairs) == found.restarts <= 42
    assert all(sorted(pair) == ["base", "head"] for pair in pairs)
    assert len(set(pairs)) == 2
    generations = [each.generation for each in found.contests[0].rounds]
    assert generations == sorted(generations)
    assert set(generations) == set(range(found.restarts + 1))
    assert len(generations) >= 24


def test_services_that_start_slowly_are_restarted_less() -> None:
    assert duel(World(sigma=0.3, start_s=20.0), LoadSpec(name="a")).restarts == 0


def test_the_user_may_say_how_often_to_restart() -> None:
    found = duel(World(sigma=0.3), LoadSpec(name="a"), restart_every=1, rounds=5)
    assert [each.generation for each in found.contests[0].rounds] == [0, 1, 2, 3, 4]


def test_a_process_of_its_own_is_its_own_generation_and_needs_no_restart() -> None:
    world = World(service=False)
    found = duel(world, JobSpec(name="a"), rounds=6)
    assert [each.generation for each in found.contests[0].rounds] == list(range(1, 7))
    assert found.restarts == 0


def test_a_clear_difference_ends_it_early() -> None:
    world = World(cost={"base": 1.0, "head": 1.6})
    found = duel(world, LoadSpec(name="a"), jury=Jury(POLICY, clock=world.clock))
    assert found.elapsed_s < 45


def test_what_is_decided_leaves_its_time_to_the_others() -> None:
    class Uneven(FakeStation):
        def measure(self, spec: LoadSpec | JobSpec, *, seed: int, **_: float) -> Block:
            self.world.sigma = 0.2 if spec.name == "noisy" else 0.001
            return super().measure(spec, seed=seed)

    world = World()
    stations = {name: cast("Station", Uneven(name, world)) for name in SIDES}
    contests = [
        Contest(spec=spec, specs={"base": spec, "head": spec})
        for spec in (LoadSpec(name="noisy"), LoadSpec(name="calm"))
    ]
    terms = Terms(budget_s=30.0, seed=1, start_s=0.4)
    Duel(stations, contests, terms, Jury(POLICY, clock=world.clock), Silent(), world.clock).run()
    assert len(contests[0].rounds) > len(contests[1].rounds) + 5


@settings(max_examples=20, deadline=None)
@given(
    budget=st.floats(1, 120),
    costs=st.lists(st.floats(0.2, 10), min_size=1, max_size=4),
    start=st.floats(0.01, 5),
)
def test_the_budget_is_kept(budget: float, costs: list[float], start: float) -> None:
    """But for the attempts that have to be made, and what was under way."""
    world = World(sigma=0.3, start_s=start)
    specs = [JobSpec(name=f"job {index}", seconds=cost) for index, cost in enumerate(costs)]
    found = duel(world, *specs, LoadSpec(name="load"), budget_s=budget)
    tried = sum(block.seconds for contest in found.contests for block in contest.tried.values())
    assert found.elapsed_s <= max(budget, tried + 0.3) + 3 * start + 2 * max(costs) + 7


def test_a_scenario_keeps_to_its_own_budget() -> None:
    found = duel(World(sigma=0.3), LoadSpec(name="small", budget=5.0), LoadSpec(name="large"))
    small, large = found.contests
    assert 0 < small.spent_s <= 6
    assert large.spent_s > 20


def test_scenarios_for_which_there_is_no_time_are_not_even_tried() -> None:
    found = duel(World(), JobSpec(name="long", seconds=50.0), JobSpec(name="late"), budget_s=60.0)
    assert [contest.ending for contest in found.contests] == ["", "untried"]
    assert not found.contests[0].rounds


@pytest.mark.parametrize("name", SIDES)
def test_a_side_that_dies_ends_its_scenario_and_the_others_go_on(name: SideName) -> None:
    world = World(sigma=0.2, deaths={name: 12.0})
    found = duel(world, LoadSpec(name="a"), LoadSpec(name="b"))
    broken = [contest for contest in found.contests if contest.ending == "broken"]
    sound = [contest for contest in found.contests if contest.is_open]
    assert len(broken) == len(sound) == 1
    assert broken[0].reasons == (f"{name}: it died",)
    late = [each.at for each in world.events if each.what == sound[0].name]
    assert max(late) > 30


def test_a_side_that_does_not_start_again_ends_them_all() -> None:
    world = World(sigma=0.2)

    class Mortal(FakeStation):
        def start(self) -> float:
            if self.name == "head" and self.world.now > 20:
                raise ServiceError("it does not start any more")
            return super().start()

    stations = {name: cast("Station", Mortal(name, world)) for name in SIDES}
    contests = [Contest(spec=LoadSpec(name=name), specs={}) for name in ("a", "b")]
    for contest in contests:
        contest.specs = {"base": contest.spec, "head": contest.spec}
    terms = Terms(budget_s=60.0, seed=1, start_s=0.4)
    Duel(stations, contests, terms, cast("Jury", Undecided()), Silent(), world.clock).run()
    assert {contest.reasons for contest in contests} == {("head: it does not start any more",)}
    assert world.now < 40


def test_the_seed_repeats_the_order() -> None:
    def sides(seed: int) -> list[tuple[str, str]]:
        world = World(sigma=0.3)
        duel(world, LoadSpec(name="a"), rounds=8, seed=seed)
        return [(event.side, event.what) for event in world.events if event.what == "start" or event.seed]

    assert sides(3) == sides(3)
    assert sides(3) != sides(4)
