"""What the store knows that matters for the code at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from perfreg.analysis.acceptance import trailers
from perfreg.analysis.baseline import WINDOW
from perfreg.analysis.health import assess
from perfreg.analysis.judge import keys_of
from perfreg.analysis.lineage import Lineage, accepts, before, lineage
from perfreg.measure import source as sources
from perfreg.measure.identity import run_id
from perfreg.model.event import Event
from perfreg.model.history import Series, SeriesKey
from perfreg.model.result import BaselineInfo
from perfreg.model.run import Run, Source
from perfreg.store.series import load_series
from perfreg.store.sqlite import SqliteStore

SHALLOW = (
    "git does not tell which runs came before this code (is the clone shallow?): compared with the newest trusted runs"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The trusted runs before the code at hand, and the acceptances that its commits carry (``declared``)."""

    store: SqliteStore
    line: Lineage
    declared: tuple[Event, ...] = ()
    notes: tuple[str, ...] = ()
    window: int = WINDOW

    def series(self, run: Run) -> dict[SeriesKey, Series]:
        """The series of every measurement of ``run``."""
        return load_series(self.store, keys_of(run), trusted=self.line.ids(), start=self.line.start, limit=self.window)

    def acceptance(self, name: str, commit: str) -> str:
        """Why a regression of ``scenario.metric`` is accepted for this commit; empty when it is not."""
        events = (*self.declared, *self.line.events)
        found = next((event for event in events if accepts(event, "", commit, name)), None)
        return f"{found.reason} ({found.who})" if found else ""


def look_back(store: SqliteStore, source: Source, directory: Path, env: Mapping[str, str], now: datetime) -> Past:
    """Read the past of the code in ``directory`` from the store."""
    facts = store.facts()
    line = lineage(facts, store.events(), now=now.isoformat(timespec="milliseconds"))
    if not source.commit:
        return Past(store=store, line=line)
    known = sources.ancestors(directory, env)
    return Past(
        store=store,
        line=before(line, known),
        declared=tuple(event for event in _declared(source, directory, env, now) if not _is_known(event, line)),
        notes=(SHALLOW,) if known is None and any(run.commit for run in line.runs) else (),
    )


def _declared(source: Source, directory: Path, env: Mapping[str, str], now: datetime) -> tuple[Event, ...]:
    """Acceptances in commit messages; those of a fork are only a wish of whoever wrote them."""
    if source.pull_request and sources.is_from_fork(env):
        return ()
    return tuple(
        Event(
            id=run_id(int(now.timestamp() * 1000)),
            kind="accept",
            at=now.isoformat(timespec="milliseconds"),
            who=author,
            reason=trailer.reason,
            metrics=trailer.metrics,
            commit=source.commit,
        )
        for author, message in sources.messages(directory, env)
        for trailer in trailers(message)
    )


def _is_known(event: Event, line: Lineage) -> bool:
    """Whether an earlier run of the same commit has stored this acceptance."""
    return any((known.commit, known.metrics) == (event.commit, event.metrics) for known in line.events)


def describe(past: Past, run: Run, series: Mapping[SeriesKey, Series], now: datetime) -> BaselineInfo:
    """What ``run`` was compared with, and how far that can be relied on."""
    ids = {point.run for each in series.values() for point in each.points}
    runs = [each for each in past.line.runs if each.id in ids]
    if not runs:
        return BaselineInfo()
    newest = runs[-1]
    age_days = max(0.0, (now - datetime.fromisoformat(newest.started_at)).total_seconds() / 86_400)
    health = assess(
        age_days=age_days,
        runs=len(runs),
        spreads=[spread for each in series.values() if (spread := _spread(each)) is not None],
        covered=sum(1 for each in series.values() if each.points),
        metrics=len(run.measurements),
    )
    return BaselineInfo(
        runs=len(runs),
        age_days=age_days,
        newest_commit=newest.commit,
        health=health.score,
        concerns=health.concerns,
    )


def _spread(series: Series) -> float | None:
    """Relative standard deviation of a series; None from fewer than two runs or around zero."""
    import numpy as np

    values: Sequence[float] = [point.value for point in series.points]
    mean = float(np.mean(values)) if values else 0.0
    return float(np.std(values, ddof=1)) / abs(mean) if len(values) > 1 and mean else None
