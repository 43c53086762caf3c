"""Lasting changes in the series of a store: where they began, between which commits, and when they were seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from perfreg.analysis import watch
from perfreg.model.history import RunFacts, Series, SeriesKey
from perfreg.model.metric import Direction
from perfreg.model.result import Shift

POLICY = watch.Policy(false_alarms=1.0)
"""Stricter than for one series, as every run is looked over in all of its metrics."""


def find_shifts(series: Sequence[Series], runs: Mapping[str, RunFacts]) -> dict[SeriesKey, tuple[Shift, ...]]:
    """The shifts of each of ``series``, oldest first.

    The series hold every run of the base branch, also those that regressed. A change that the verdict of a run has
    shown already is left out, and so are metrics without a better direction.
    """
    numbers = {name: number for number, name in enumerate(sorted(runs))}
    suites: dict[tuple[str, str, Direction], list[Series]] = defaultdict(list)
    for each in series:
        if each.points and each.direction != "none" and each.key.unit != "hash":
            # The same metric of other scenarios tells what the machine did; other metrics of the same scenario cannot.
            suites[each.key.environment, each.key.metric, each.direction].append(each)
    found: dict[SeriesKey, tuple[Shift, ...]] = {}
    for suite in suites.values():
        steps = watch.watch_many([_watched(each, numbers) for each in suite], policy=POLICY)
        found |= {each.key: tuple(_told(each, mine, runs)) for each, mine in zip(suite, steps, strict=True)}
    return found


def _watched(series: Series, numbers: Mapping[str, int]) -> watch.Series:
    return watch.Series(
        values=[point.value for point in series.points],
        direction=series.direction,
        sessions=[numbers[point.run] for point in series.points],
    )


def _told(series: Series, steps: Sequence[watch.Step], runs: Mapping[str, RunFacts]) -> Iterator[Shift]:
    for step in steps:
        span = [runs[point.run] for point in series.points[step.located : step.raised + 1]]
        if any(series.key.name in run.regressed for run in span):
            continue
        before = runs[series.points[step.located - 1].run] if step.located else None
        yield Shift(
            scenario=series.key.scenario,
            metric=series.key.metric,
            change_pct=100 * step.change,
            worse=step.worse,
            since=span[0].started_at,
            runs=len(span),
            raised_by=span[-1].id,
            first_bad=span[0].commit,
            last_good=before.commit if before else "",
        )
