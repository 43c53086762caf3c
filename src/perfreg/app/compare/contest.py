"""One scenario of a comparison: how its blocks are cut, its rounds so far, and why it ended."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Literal

from perfreg.app.compare import schedule
from perfreg.app.compare.side import SIDES
from perfreg.app.compare.station import Block
from perfreg.config.base import ScenarioSpec
from perfreg.measure.context import Outcome
from perfreg.model.comparison import SideName

Ending = Literal["", "broken", "incomparable", "untried"]
"""Why there are no (more) rounds: head or the session failed, base cannot run it, or no time was left to try."""

_MISSES = 3
_MISSING = frozenset({"status 404", "status 405", "status 410", "status 501"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A block of each side. ``generation`` is the start of the services that both were measured in."""

    base: Outcome
    head: Outcome
    generation: int

    def side(self, name: SideName) -> Outcome:
        """The block of one side."""
        return self.base if name == "base" else self.head


@dataclass(slots=True, kw_only=True)
class Contest:
    """A scenario, and how it stands. ``specs`` are what each side is measured with, ``blocks`` the same cut down."""

    spec: ScenarioSpec
    specs: dict[SideName, ScenarioSpec]
    blocks: dict[SideName, ScenarioSpec] = field(default_factory=dict)
    tried: dict[SideName, Block] = field(default_factory=dict)
    paces: dict[SideName, float] = field(default_factory=dict)
    """Iterations a second of each side when it had warmed up; the first attempt may tell much less."""
    rounds: list[Round] = field(default_factory=list)
    errors: dict[SideName, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in SIDES})
    attempts: Counter[SideName] = field(default_factory=Counter)
    misses: Counter[SideName] = field(default_factory=Counter)
    ending: Ending = ""
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    spent_s: float = 0.0
    measured_s: float = 0.0
    round_s: float = 0.0
    """What a round is expected to cost."""

    @property
    def name(self) -> str:
        """The name of the scenario."""
        return self.spec.name

    @property
    def is_open(self) -> bool:
        """Whether there may be more rounds."""
        return not self.ending

    def end(self, ending: Ending, *reasons: str) -> None:
        """No more rounds; the first ending counts."""
        if not self.ending:
            self.ending, self.reasons = ending, reasons

    def breaks(self, name: SideName, reasons: tuple[str, ...]) -> None:
        """A side failed: whose fault that is stands before the first reason."""
        first, *others = reasons or ("it did not finish",)
        self.end("broken", f"{name}: {first}", *others)

    def note(self, name: SideName, block: Block) -> bool:
        """Whether a block shows anything at all; several in a row that do not end it.

        Failed requests among others are counted instead, and so is the failure of a whole block of them.
        """
        if block.outcome.status == "ok" or block.outcome.attempts:
            self.misses[name] = 0
            return True
        self.misses[name] += 1
        if self.misses[name] >= _MISSES:
            self.breaks(name, block.outcome.reasons)
        return False

    def judge_try_out(self) -> None:
        """What the first attempt means: head has to work, and a base that does not is nothing to compare with."""
        base, head = (self.tried[name].outcome for name in SIDES)
        if head.status == "broken":
            self.breaks("head", head.reasons)
            if base.status == "broken":
                self.reasons += (f"base fails too: {_first(base)}",)
        elif base.status == "broken":
            missing = self.tried["base"].absent or (base.errors and base.errors.keys() <= _MISSING)
            what = "new: base has no such scenario" if missing else "nothing to compare with: base fails it"
            self.end("incomparable", f"{what} ({_first(base)})")

    def cut(self, share_s: float) -> None:
        """Make blocks so that enough rounds fit into ``share_s``, at the pace of the slower side."""
        tried = {name: pace for name, block in self.tried.items() if (pace := block.pace) is not None}
        overhead = min(block.overhead_s for block in self.tried.values())  # the first attempt of all loads libraries
        seconds = schedule.block_s(share_s, overhead)
        pace = min({**tried, **self.paces}.values(), default=None)
        for name, spec in self.specs.items():
            self.blocks[name] = spec.block(seconds, pace)
        takes_its_time = self.spec.block(seconds, pace) == self.spec.block(2 * seconds, pace)
        whole = 2 * min(block.seconds for block in self.tried.values())
        self.round_s = whole if takes_its_time else max(whole, 2 * (seconds + overhead))

    def add(self, found: Round, seconds: float) -> None:
        """Note a round that cost so much."""
        self.rounds.append(found)
        self.measured_s += seconds
        self.spent_s += seconds
        self.round_s = self.measured_s / len(self.rounds)
        for name in SIDES:
            self.errors[name].update(found.side(name).errors)
            self.attempts[name] += found.side(name).attempts

    def check_errors(self, max_error_rate_pct: float, *, final: bool = False) -> None:
        """End it when more requests of a side fail than may."""
        for name in reversed(SIDES):
            failures, attempts = self.errors[name].total(), self.attempts[name]
            if is_failing(failures, attempts, max_error_rate_pct / 100, final=final):
                classes = ", ".join(f"{count} x {kind}" for kind, count in self.errors[name].most_common())
                rate = f"{100 * failures / attempts:.3g} % of {attempts} attempts failed"
                self.breaks(name, (f"{rate} (limit {max_error_rate_pct:g} %): {classes}",))


def tolerant(block: Block, max_error_rate_pct: float) -> Block:
    """A first attempt, where a few failures of many are no failure yet: the rounds will tell how many they are."""
    outcome = block.outcome
    failures = sum(outcome.errors.values())
    few = failures < outcome.attempts and not is_failing(
        failures, outcome.attempts, max_error_rate_pct / 100, final=False
    )
    return replace(block, outcome=replace(outcome, status="ok", reasons=())) if few else block


def is_failing(failures: int, attempts: int, limit: float, *, final: bool) -> bool:
    """Whether more than the share ``limit`` fails: for certain by now, or at the end of all."""
    if not attempts or failures <= limit * attempts:
        return False
    expected = limit * attempts
    return final or failures > expected + 4 * expected**0.5 + 1


def _first(outcome: Outcome) -> str:
    """The first line of why it is broken."""
    lines = (outcome.reasons[0] if outcome.reasons else "it did not finish").splitlines()
    return lines[0] if lines else ""
