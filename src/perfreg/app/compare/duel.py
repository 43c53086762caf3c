"""The measuring itself: rounds of one block of each side in random order, until it is known or the time is over."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from perfreg.app.compare import schedule
from perfreg.app.compare.contest import Contest, Round, tolerant
from perfreg.app.compare.jury import Jury
from perfreg.app.compare.station import Block, Station
from perfreg.app.compare.steadiness import WINDOW_S, figure, is_back, is_steady
from perfreg.app.observer import Observer
from perfreg.errors import ServiceError
from perfreg.model.comparison import SideName

_TRY_OUT_SEED = -1
_MANY_WINDOWS = 8
_WORTH_ANOTHER_S = 5.0
"""Who fails at once may try again: on a busy machine a moment's failure is nobody's fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was agreed on before: time in seconds, most ``rounds`` of a scenario, rounds between restarts."""

    budget_s: float
    seed: int
    rounds: int | None = None
    restart_every: int | None = None
    max_error_rate_pct: float = 1.0
    start_s: float = 0.0
    """What stopping and starting both services costs, as far as it is known."""


@final
class Duel:
    """One session. Both stations are started; what comes of it is in the contests."""

    def __init__(
        self,
        stations: Mapping[SideName, Station],
        contests: Sequence[Contest],
        terms: Terms,
        jury: Jury,
        observer: Observer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stations = stations
        self.contests = contests
        self._terms = terms
        self._jury = jury
        self._observer = observer
        self._clock = clock
        self._began = clock()
        self._has_service = any(station.side.service is not None for station in stations.values())
        self._every: int | None = None
        self._later_warm_up_s = 0.0
        self._in_generation: Counter[str] = Counter()
        self._restarting: Sequence[Contest] = ()
        self._has_died = False
        self.restarts = 0
        self.elapsed_s = 0.0

    @property
    def left_s(self) -> float:
        """The part of the budget that is not spent."""
        return self._terms.budget_s - (self._clock() - self._began)

    def run(self) -> None:
        """Measure. A side that fails ends the contests it spoils; nothing is raised for that."""
        self._observer.stage("trying out the scenarios")
        for contest in self.contests:
            self._try_out(contest)
        if self._open():
            self._observer.stage("warming up")
            self._warm_up(schedule.first_warm_up_s(self._terms.budget_s))
            self._plan()
        while (chosen := self._next()) is not None:
            if self._is_due(chosen):
                self._restart()
            if chosen.is_open:
                self._round(chosen)
                self._jury.ask(self.contests)
            self._observer.known(1 - max(0.0, self.left_s) / self._terms.budget_s, self._jury.so_far())
        for contest in self._open():
            contest.check_errors(self._terms.max_error_rate_pct, final=True)
        self.elapsed_s = self._clock() - self._began

    def _open(self) -> list[Contest]:
        return [contest for contest in self.contests if contest.is_open]

    def _try_out(self, contest: Contest) -> None:
        """The first attempt of both sides: does it work, how fast is it, and what does it cost to measure?"""
        if self.left_s <= 0:
            contest.end("untried", "the budget was spent before it could be tried")
            return
        for name in schedule.order(self._terms.seed, contest.name, _TRY_OUT_SEED):
            began = self._clock()
            contest.tried[name] = self._first_attempt(contest, name)
            contest.spent_s += self._clock() - began
            if self._stations[name].is_dead:
                self._revive(name)
        contest.judge_try_out()

    def _first_attempt(self, contest: Contest, name: SideName) -> Block:
        spec, limit = contest.specs[name], self._terms.max_error_rate_pct
        station, shortest = self._stations[name], schedule.SHORTEST_BLOCK_S
        first = spec.block(shortest)
        block = tolerant(station.measure(first, seed=0, max_error_rate_pct=limit), limit)
        if block.outcome.status == "broken" and block.seconds < _WORTH_ANOTHER_S and not station.is_dead:
            block = tolerant(station.measure(first, seed=0, max_error_rate_pct=limit), limit)
        again = spec.block(shortest, block.pace)
        if block.outcome.status == "broken" or again == first or block.outcome.busy_s > shortest / 2:
            return block
        # A handful of iterations cannot tell the pace: the first ones are slow, and each costs some time beside it.
        second = station.measure(again, seed=0)
        return second if second.outcome.status == "ok" else block

    def _warm_up(self, limit_s: float) -> None:
        """Load both sides, window by window, until their figures stand still; nothing of it counts."""
        contests = [contest for contest in self._open() if not contest.spec.isolated]
        for contest in contests:
            for name in schedule.order(self._terms.seed, contest.name, _TRY_OUT_SEED - 1 - self.restarts):
                self._settle(contest, name, limit_s / (2 * len(contests)))

    def _settle(self, contest: Contest, name: SideName, limit_s: float) -> None:
        until, needed = self._clock() + min(limit_s, self.left_s), 0.0
        station, values = self._stations[name], list[float]()
        before = [value for each in contest.rounds if (value := figure(each.side(name))) is not None]
        level = statistics.median(before) if before else None
        while contest.is_open and self._clock() + needed < until and not _is_warm(values, level):
            pace = contest.tried[name].pace
            block = station.measure(contest.specs[name].block(WINDOW_S, pace), seed=0)
            needed = block.seconds
            self._note(contest, name, block)
            value = figure(block.outcome)
            if value is None:
                return
            values.append(value)
            if self.restarts == 0 and block.pace is not None:
                contest.paces[name] = block.pace
        if self.restarts == 0 and len(values) >= _MANY_WINDOWS and not is_steady(values):
            contest.warnings += (f"{name} had not settled yet when measuring began, after {limit_s:.1f} s of warm-up",)

    def _plan(self) -> None:
        """Cut the blocks and decide how often to restart, now that it is known what things cost."""
        contests, terms = self._open(), self._terms
        if not contests:
            return
        starts = schedule.generations(terms.budget_s, terms.start_s) if self._has_service else 1
        self._jury.expect(starts if terms.restart_every is None else 1)
        self._later_warm_up_s = schedule.later_warm_up_s(terms.budget_s, starts)
        between = (starts - 1) * (terms.start_s + self._later_warm_up_s / 2)
        left = max(0.0, self.left_s - between)
        parts = schedule.shares(left, [contest.spec.budget for contest in contests])
        for contest, part in zip(contests, parts, strict=True):
            contest.cut(part)
        self._restarting = [contest for contest in contests if not contest.spec.isolated] or contests
        most = max(part / each.round_s for each, part in zip(contests, parts, strict=True) if each in self._restarting)
        rounds = most if terms.rounds is None else min(most, terms.rounds)
        self._every = terms.restart_every or schedule.restart_every(rounds, starts)

    def _next(self) -> Contest | None:
        """The contest whose turn it is, among those that need another round and have the time for it."""
        waiting = [contest for contest in self._open() if self._wants_more(contest)]
        if not waiting:
            return None
        parts = schedule.shares(self._terms.budget_s, [contest.spec.budget for contest in waiting])
        standings = [
            schedule.Standing(
                rounds=len(each.rounds), spent_s=each.measured_s, round_s=each.round_s, share_s=part
            )
            for each, part in zip(waiting, parts, strict=True)
        ]  # fmt: skip
        return waiting[schedule.whose_turn(standings, self.left_s)]

    def _wants_more(self, contest: Contest) -> bool:
        if self._terms.rounds is not None and len(contest.rounds) >= self._terms.rounds:
            return False
        left = self.left_s
        if contest.spec.budget is not None:
            left = min(left, contest.spec.budget - contest.spent_s)
        if left < contest.round_s:
            return False
        more = 1 + left / (contest.round_s * max(1, len(contest.rounds)))
        return not self._jury.is_settled(contest, more)

    def _is_due(self, contest: Contest) -> bool:
        """Whether this contest has had its rounds with the services as they run now, and there is time to restart."""
        if self._has_died:
            return True
        if not self._has_service or self._every is None or contest not in self._restarting:
            return False
        needed = self._terms.start_s + self._later_warm_up_s / 2 + contest.round_s
        return self._in_generation[contest.name] >= self._every and self.left_s >= needed

    def _restart(self) -> None:
        """Start both services anew, so that the luck of a process does not pass for a change of the code."""
        self.restarts += 1
        self._has_died = False
        self._in_generation.clear()
        for name in schedule.order(self._terms.seed, "restart", self.restarts):
            self._revive(name)
        self._warm_up(self._later_warm_up_s)

    def _revive(self, name: SideName) -> None:
        """Start a service that may be dead. Whoever restarts one side alone has to restart both before it counts."""
        try:
            self._stations[name].start()
        except ServiceError as error:
            for contest in self.contests:
                contest.breaks(name, (str(error),))

    def _round(self, contest: Contest) -> None:
        number, began = len(contest.rounds) + 1, self._clock()
        blocks: dict[SideName, Block] = {}
        for name in schedule.order(self._terms.seed, contest.name, number):
            blocks[name] = self._stations[name].measure(contest.blocks[name], seed=number)
            if not self._note(contest, name, blocks[name]):
                contest.spent_s += self._clock() - began
                return
        self._in_generation[contest.name] += 1
        generation = number if contest.spec.isolated else self.restarts
        found = Round(base=blocks["base"].outcome, head=blocks["head"].outcome, generation=generation)
        contest.add(found, self._clock() - began)
        contest.check_errors(self._terms.max_error_rate_pct)

    def _note(self, contest: Contest, name: SideName, block: Block) -> bool:
        """Whether a block is worth anything; ends the contest when the side is dead or shows nothing any more."""
        if self._stations[name].is_dead:
            contest.breaks(name, block.outcome.reasons)
            self._revive(name)
            self._has_died = True
        return contest.is_open and contest.note(name, block)


def _is_warm(values: Sequence[float], level: float | None) -> bool:
    """Whether the windows of a warm-up stand still, or are where the rounds before a restart were."""
    return is_steady(values) or (level is not None and is_back(values, level))
