"""Lasting changes in the series of the store, and the commits that may be guilty of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from perfreg.analysis.judge import keys_of
from perfreg.analysis.lineage import Lineage, before, lineage
from perfreg.analysis.shifts import find_shifts
from perfreg.app.past import Past
from perfreg.measure import source
from perfreg.model.history import RunFacts, SeriesKey
from perfreg.model.result import Shift
from perfreg.model.run import Run
from perfreg.store.series import load_series
from perfreg.store.sqlite import SqliteStore

LOOKBACK = 400
"""Newest runs of a series that are watched."""


def shifts_of(
    store: SqliteStore,
    keys: Iterable[SeriesKey],
    line: Lineage,
    facts: Iterable[RunFacts],
    ancestors: Collection[str] | None = None,
) -> dict[SeriesKey, tuple[Shift, ...]]:
    """The lasting changes in each of the series ``keys``, since what ``line`` knows to have been accepted or reset.

    Unlike a baseline this looks at regressed runs too. With ``ancestors``, only at runs of those commits.
    """
    candidates = (run for run in facts if run.status == "ok" and run.trust != "none")
    watched = before(Lineage(runs=tuple(candidates)), ancestors)
    series = load_series(store, keys, trusted=watched.ids(), start=line.start, limit=LOOKBACK)
    return find_shifts(list(series.values()), {run.id: run for run in watched.runs})


def new_shifts(past: Past, run: Run, directory: Path, env: Mapping[str, str]) -> tuple[Shift, ...]:
    """The lasting changes that ``run``, which the store has by now, has brought to light, with their commits.

    None by a run that can be no baseline: of a pull request, of a branch, or broken.
    """
    if run.status != "ok" or run.trust == "none":
        return ()
    keys = [key for key, each in zip(keys_of(run), run.measurements, strict=True) if each.nature == "continuous"]
    facts = past.store.facts()
    found = shifts_of(past.store, keys, past.line, facts, source.ancestors(directory, env))
    new = (each for shifts in found.values() for each in shifts if each.raised_by == run.id)
    return tuple(with_commits(each, directory, env) for each in new)


def past_shifts(store: SqliteStore, keys: Iterable[SeriesKey], now: datetime) -> dict[SeriesKey, tuple[Shift, ...]]:
    """The lasting changes in each of the series ``keys`` under the decisions that hold ``now``."""
    facts = store.facts()
    line = lineage(facts, store.events(), now=now.isoformat(timespec="milliseconds"))
    return shifts_of(store, keys, line, facts)


def with_commits(shift: Shift, directory: Path, env: Mapping[str, str]) -> Shift:
    """The shift with the commits that may be guilty of it, as far as the clone knows them."""
    return replace(shift, commits=source.commits_between(directory, env, shift.last_good, shift.first_bad))
