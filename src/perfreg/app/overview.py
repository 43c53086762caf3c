"""The series of a store with their trusted figures: for `perfreg baseline show` and `perfreg history`."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from perfreg.analysis.baseline import WINDOW, of_series
from perfreg.analysis.lineage import lineage
from perfreg.config.models import Config
from perfreg.measure import environment
from perfreg.model.event import Event
from perfreg.model.history import Series
from perfreg.report import words
from perfreg.report.sparkline import sparkline
from perfreg.stats.predict import discoveries
from perfreg.stats.trend import Trend, trend
from perfreg.store.series import list_keys, load_series
from perfreg.store.sqlite import SqliteStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One series: its trusted figures oldest first, of which the newest ``used`` make the baseline.

    ``has_trend`` tells whether the trend is more than chance, among those of all series.
    """

    series: Series
    is_here: bool
    used: int
    trend: Trend | None
    has_trend: bool = False

    def matches(self, glob: str) -> bool:
        """Whether the glob means this series, by ``scenario.metric`` or by metric."""
        return any(fnmatchcase(name, glob) for name in (self.series.key.name, self.series.key.metric))

    def sentence(self) -> str:
        """The baseline in one line."""
        unit = self.series.key.unit
        values = [point.value for point in self.series.points][-self.used :]
        samples = sum(point.n for point in self.series.points[-self.used :])
        span = f"{words.quantity(min(values), unit)} to {words.quantity(max(values), unit)}"
        return f"{self.series.key.name}  {words.count(self.used, 'run')}, {samples:,} samples, {span}"

    def history(self) -> str:
        """The whole series in one line: a sparkline, the newest figure and the trend."""
        values = [point.value for point in self.series.points]
        newest = words.quantity(values[-1], self.series.key.unit)
        return f"{self.series.key.name}  {sparkline(values)}  {newest}  {self._trend()}"

    def _trend(self) -> str:
        if self.trend is None:
            return "too few runs for a trend"
        if not self.has_trend:
            return f"no trend (p = {self.trend.p_value:.2g})"
        return f"trend {self.trend.per_run_pct:+.2g} % a run (p = {self.trend.p_value:.2g})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All series that have trusted figures, by name, and the decisions that hold. ``elsewhere`` is for an empty one."""

    rows: tuple[Row, ...]
    events: tuple[Event, ...]
    elsewhere: str


def overview(store: SqliteStore, config: Config, *, now: datetime) -> Overview:
    """Read the store as it is ``now``."""
    here = environment.detect(os.environ, name=config.environment or "").key
    line = lineage(store.facts(), store.events(), now=now.isoformat(timespec="milliseconds"))
    since = (now - timedelta(days=config.trend_window_days)).isoformat(timespec="milliseconds")
    recent = frozenset(run.id for run in line.runs if run.started_at >= since)
    found = load_series(store, list_keys(store), trusted=line.ids(), start=line.start, limit=WINDOW)
    rows = _judged(
        [
            _row(series, here, config, recent)
            for _, series in sorted(found.items(), key=lambda item: item[0].name)
            if series.points
        ],
        config.significance_level,
    )
    others = len({row.series.key.environment for row in rows if not row.is_here})
    elsewhere = f"there is one in {words.count(others, 'other environment')}" if others else "the store has none at all"
    return Overview(rows=rows, events=line.events, elsewhere=elsewhere)


def _row(series: Series, here: str, config: Config, recent: frozenset[str]) -> Row:
    baseline = of_series(
        series,
        nature="continuous",
        outlier_limit=config.outlier_threshold,
        adoption_threshold=config.baseline_update_threshold,
    )
    return Row(
        series=series,
        is_here=series.key.environment == here,
        used=len(baseline.points),
        trend=trend([point.value for point in series.points if point.run in recent]),
    )


def _judged(rows: list[Row], level: float) -> tuple[Row, ...]:
    """The rows with their trends told from chance together: of many series some have a trend by accident."""
    tested = [row.trend.p_value for row in rows if row.trend is not None]
    answers = iter(discoveries(tested, level))
    return tuple(replace(row, has_trend=row.trend is not None and next(answers)) for row in rows)
