"""Build runs from a few numbers, so that a test shows only what it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

from perfreg.analysis.judge import keys_of
from perfreg.analysis.lineage import lineage
from perfreg.model.event import Event
from perfreg.model.history import Point, RunFacts, Series, SeriesKey
from perfreg.model.metric import CATALOGUE, Metric
from perfreg.model.run import Environment, Measurement, Run, ScenarioRecord, Source, Status, Trust

_numbers = count(1)

HERE = Environment(key="here", os="Linux", architecture="x86_64", cpu_model="Test CPU", cpus=2, memory_mb=8000)


def measurement(
    name: str, value: float, *, n: int = 100, std_error: float | None = None, text: str = ""
) -> Measurement:
    """``scenario.metric`` with a value; the metric's facts come from the catalogue."""
    scenario, _, metric_name = name.rpartition(".")
    metric = CATALOGUE.get(metric_name, Metric(name=metric_name, unit="x", direction="lower"))
    return Measurement(
        scenario=scenario,
        metric=metric.name,
        unit=metric.unit,
        direction=metric.direction,
        nature=metric.nature,
        value=value,
        n=n,
        std_error=std_error,
        text=text,
    )


def make_run(
    values: Mapping[str, float] | Sequence[Measurement],
    *,
    trust: Trust = "established",
    status: Status = "ok",
    environment: Environment = HERE,
    source: Source | None = None,
    hash_: str = "same",
) -> Run:
    """A run of the given ``{"scenario.metric": value}`` or measurements; later calls make later runs."""
    points = (
        [measurement(name, value) for name, value in values.items()] if isinstance(values, Mapping) else list(values)
    )
    names = sorted({point.scenario for point in points})
    number = next(_numbers)
    return Run(
        id=f"0190000000000000-{number:06d}",
        started_at="2026-01-01T00:00:00.000+00:00",
        duration_s=1.0,
        tool_version="0",
        source=source or Source(),
        environment=environment,
        config_hash="",
        status=status,
        trust=trust,
        scenarios=tuple(
            ScenarioRecord(name=name, kind="api", hash=hash_, status=status, reasons=("it broke",) * (status != "ok"))
            for name in names
        ),
        measurements=tuple(points),
    )


def facts_of(run: Run) -> RunFacts:
    """What the store keeps of a run to decide whether it is trusted."""
    return RunFacts(
        id=run.id,
        started_at=run.started_at,
        status=run.status,
        trust=run.trust,
        regressed=run.regressed,
        commit=run.source.commit,
        environment=run.environment.key,
    )


def history_of(run: Run, past: Sequence[Run], events: Sequence[Event] = ()) -> dict[SeriesKey, Series]:
    """The series that ``run`` is judged by, from the trusted runs of ``past``: what a store would answer."""
    line = lineage([facts_of(each) for each in past], events, now="2026-06-01")
    trusted = [each for each in past if each.id in line.ids()]
    return {
        key: _series(key, [each for each in trusted if each.started_at >= line.start(key.name)]) for key in keys_of(run)
    }


def _series(key: SeriesKey, past: Sequence[Run]) -> Series:
    found = [
        (other, Point(run=run.id, value=each.value, n=each.n, std_error=each.std_error, text=each.text))
        for run in past
        for other, each in zip(keys_of(run), run.measurements, strict=True)
        if (other.name, other.unit) == (key.name, key.unit)
    ]
    same = [(other, point) for other, point in found if other.scenario_hash == key.scenario_hash]
    here = tuple(point for other, point in same if other.environment == key.environment)
    elsewhere = [point for other, point in same if other.environment != key.environment]
    return Series(
        key=key,
        points=here,
        elsewhere=elsewhere[-1] if elsewhere and not here else None,
        other_definition=not here and len(found) > len(same),
    )
