"""Verdicts while there is still time to measure: asked for as often as they cost next to nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import final

from perfreg.analysis.paired import PairedPolicy, PairedVerdict, judge_rounds
from perfreg.app.compare.contest import Contest
from perfreg.app.compare.series import rounds_of
from perfreg.report import words
from perfreg.stats.sequential import FEWEST
from perfreg.stats.starts import FEWEST as FEWEST_STARTS

_SHARE = 0.05
"""Share of the time that judging may take."""


@final
class Jury:
    """Judges all metrics of all scenarios together, because how many there are decides how sure each has to be.

    A ``patient`` one never says that it has heard enough.
    """

    def __init__(
        self, policy: PairedPolicy, *, patient: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._policy = policy
        self._patient = patient
        self._clock = clock
        self._next_at: float | None = None
        self._latest: tuple[PairedVerdict, ...] = ()

    def expect(self, starts: int) -> None:
        """Tell how many starts of the services are planned: where many are, a few decide nothing."""
        self._policy = replace(self._policy, restarts=starts >= FEWEST_STARTS)

    def ask(self, contests: Sequence[Contest]) -> None:
        """Judge what is known so far, unless that is too little, or was so dear lately that it has to wait."""
        began = self._clock()
        waits = self._next_at is not None and began < self._next_at
        if waits or max(len(contest.rounds) for contest in contests) < FEWEST:
            return
        self._latest = self._judge(contests, is_final=False)
        ended = self._clock()
        # The first time loads libraries, which says nothing of what the next time costs.
        self._next_at = ended if self._next_at is None else ended + (ended - began) / _SHARE

    def verdict(self, contests: Sequence[Contest]) -> tuple[PairedVerdict, ...]:
        """The verdicts that stay."""
        return self._judge(contests, is_final=True)

    def is_settled(self, contest: Contest, more: float) -> bool:
        """Whether no metric of this scenario would gain by ``more`` times the rounds it has."""
        mine = [each.is_settled(more) for each in self._latest if each.verdict.scenario == contest.name]
        return not self._patient and bool(mine) and all(mine)

    def so_far(self) -> str:
        """The most remarkable of what is known, for people who wait; empty before anything is."""
        known = [each for each in self._latest if each.verdict.change_pct is not None]
        if not known:
            return ""
        found = max(known, key=_remarkable)
        verdict = found.verdict
        interval = words.interval(verdict.ci_low_pct, verdict.ci_high_pct)
        change = f"{words.change(verdict.change_pct)} {interval}".rstrip()
        return f"{verdict.scenario}.{verdict.metric} {change} after {words.count(found.noise.rounds, 'round')}"

    def _judge(self, contests: Sequence[Contest], *, is_final: bool) -> tuple[PairedVerdict, ...]:
        sound = (contest for contest in contests if contest.is_open and contest.rounds)
        series = [each for contest in sound for each in rounds_of(contest)]
        return judge_rounds(series, self._policy, final=is_final) if series else ()


def _remarkable(each: PairedVerdict) -> tuple[bool, bool, float]:
    verdict = each.verdict
    low, high = verdict.ci_low_pct, verdict.ci_high_pct
    surely = 0.0 if low is None or high is None or low <= 0 <= high else min(abs(low), abs(high))
    return verdict.status == "regression", verdict.direction != "none", surely
