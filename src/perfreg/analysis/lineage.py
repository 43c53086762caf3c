"""Which runs may be baselines, and where the baseline of a metric starts: from runs and people's decisions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from perfreg.model.event import Event
from perfreg.model.history import RunFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """The trusted runs of a store, oldest first, under the decisions that hold now."""

    runs: tuple[RunFacts, ...]
    events: tuple[Event, ...] = ()

    def ids(self) -> frozenset[str]:
        """The ids of the trusted runs."""
        return frozenset(run.id for run in self.runs)

    def start(self, name: str) -> str:
        """The time at which the baseline of ``scenario.metric`` starts; empty: with the first run.

        That is the last reset, or the start of the last run in which a change of this metric was accepted.
        """
        resets = [event.at for event in self.events if event.kind == "reset" and fnmatchcase(name, event.metrics)]
        accepted = [run.started_at for run in self.runs if name in run.regressed]
        return max((*resets, *accepted), default="")


def lineage(runs: Iterable[RunFacts], events: Sequence[Event], *, now: str) -> Lineage:
    """Choose the trusted runs: sound, of the base branch or established, and not regressed unless accepted.

    ``now`` (UTC, ISO 8601) decides which acceptances still hold.
    """
    holding = tuple(event for event in events if not event.until or event.until > now)
    chosen = [run for run in runs if run.status == "ok" and run.trust != "none" and is_accepted(run, holding)]
    return Lineage(runs=tuple(sorted(chosen, key=lambda run: run.id)), events=holding)


def is_accepted(run: RunFacts, events: Sequence[Event]) -> bool:
    """Whether every regression of the run was accepted; true for a run without any."""
    return all(any(accepts(event, run.id, run.commit, name) for event in events) for name in run.regressed)


def accepts(event: Event, run: str, commit: str, name: str) -> bool:
    """Whether ``event`` accepts the regression of ``scenario.metric`` in this run."""
    if event.kind != "accept" or not fnmatchcase(name, event.metrics):
        return False
    return (event.run != "" and event.run == run) or (event.commit != "" and event.commit == commit)


def before(line: Lineage, ancestors: Collection[str] | None) -> Lineage:
    """The lineage as of the merge base: only runs of commits among ``ancestors``, and established ones without commit.

    None, when the ancestry is not known (a shallow clone), leaves the lineage as it is.
    """
    if ancestors is None:
        return line
    known = tuple(run for run in line.runs if not run.commit or run.commit in ancestors)
    return Lineage(runs=known, events=line.events)
