"""What is to be said of one or more results, in the forms that code hosts have for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from perfreg.model.result import Result
from perfreg.publish.forges.forge import Outcome
from perfreg.report.escape import inert
from perfreg.report.formats.comment import Leg, render
from perfreg.report.headline import mood
from perfreg.report.view import view

_OUTCOMES: tuple[Outcome, ...] = ("error", "fail", "warn", "pass")
_TITLE_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Results, and what kept others from being read (``problems``). ``rest`` is Markdown that says where all is.

    ``name`` tells it from what other uses of perfreg say in the same place.
    """

    legs: tuple[Leg, ...]
    problems: tuple[str, ...] = ()
    rest: str = ""
    name: str = ""

    def text(self, limit: int) -> str:
        """All of it as Markdown, in so many bytes."""
        return render(self.legs, limit=limit, rest=self.rest, problems=self.problems, name=self.name)

    def unheard(self) -> Message:
        """The same for hosts where no comment and no label is obeyed: it must not ask for one."""
        return replace(self, legs=tuple(map(_unheard, self.legs)))

    @property
    def outcome(self) -> Outcome:
        """The worst of all; an error where something is missing, whatever the others say."""
        found = [outcome_of(leg.result) for leg in self.legs]
        return min(found, key=_OUTCOMES.index) if found and not self.problems else "error"

    @property
    def title(self) -> str:
        """The outcome in one plain line."""
        if self.problems:
            return inert(self.problems[0])[:_TITLE_LIMIT]
        worst = min(self.legs, key=lambda leg: _OUTCOMES.index(outcome_of(leg.result)))
        return inert(view(worst.result).headline.sentence)[:_TITLE_LIMIT]

    @property
    def regressed(self) -> tuple[str, ...]:
        """The metrics that have regressed in any leg and were not accepted there."""
        found = (
            f"{verdict.scenario}.{verdict.metric}"
            for leg in self.legs
            for verdict in leg.result.with_status("regression")
            if not verdict.accepted
        )
        return tuple(dict.fromkeys(found))

    @property
    def well(self) -> frozenset[str]:
        """The metrics that sound runs have compared, and that have regressed in no leg unless that was accepted."""
        compared = {
            f"{verdict.scenario}.{verdict.metric}"
            for leg in self.legs
            if leg.result.run.status == "ok"
            for verdict in leg.result.verdicts
            if verdict.status in ("unchanged", "improvement", "regression")
        }
        return frozenset(compared.difference(self.regressed))

    @property
    def improved(self) -> bool:
        """Whether anything has improved."""
        return any(leg.result.with_status("improvement") for leg in self.legs)

    @property
    def alarm(self) -> bool:
        """Whether it is bad news."""
        return bool(self.regressed) or self.outcome in ("fail", "error")

    @property
    def news(self) -> bool:
        """Whether there is anything to tell but that all is as it was."""
        calm = ("unchanged",)
        return self.alarm or any(verdict.status not in calm for leg in self.legs for verdict in leg.result.verdicts)


def _unheard(leg: Leg) -> Leg:
    run = leg.result.run
    source = replace(run.source, pull_request="")
    return replace(leg, result=replace(leg.result, run=replace(run, source=source)))


def outcome_of(result: Result) -> Outcome:
    """How one result stands; never well where nothing was measured."""
    kind = mood(result)
    if kind == "broken" or not result.verdicts:
        return "error"
    return kind
