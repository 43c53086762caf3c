"""One scenario as a section of a report: its verdicts with their picture, its samples, its troubles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from perfreg.model.result import Result
from perfreg.model.run import Measurement, ScenarioRecord
from perfreg.report import chart, words
from perfreg.report.chart import Axis, Mark
from perfreg.report.escape import visible
from perfreg.report.load_picture import LoadPicture, load_picture
from perfreg.report.row import Row

STATISTICS = ("value", "n", "mean", "std", "min", "p50", "p90", "p95", "p99", "max")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A verdict and its place in the picture; ``mark`` is absent where there is no change to draw."""

    row: Row
    mark: Mark | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """The sample statistics of one metric in words, in the order of `STATISTICS`."""

    metric: str
    unit: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Everything about one scenario. ``axis`` is the scale that its pictures share, ``load`` how its load went."""

    name: str
    about: str
    broken: bool
    lines: tuple[Line, ...]
    axis: Axis
    samples: tuple[Samples, ...]
    load: LoadPicture | None = None


def sections(result: Result, rows: tuple[Row, ...]) -> tuple[Section, ...]:
    """The scenarios in the order in which they ran; names that only a verdict knows come last."""
    records = {visible(record.name): record for record in result.run.scenarios}
    names = dict.fromkeys((*records, *(row.scenario for row in rows)))
    measurements: dict[str, list[Measurement]] = {}
    for each in result.run.measurements:
        measurements.setdefault(visible(each.scenario), []).append(each)
    mine: dict[str, list[Row]] = {}
    for row in rows:
        mine.setdefault(row.scenario, []).append(row)
    loads = {visible(each.scenario): load_picture(each) for each in result.timelines}
    return tuple(
        replace(_section(name, records.get(name), mine.get(name, []), measurements.get(name, [])), load=loads.get(name))
        for name in names
    )


def _section(name: str, record: ScenarioRecord | None, rows: list[Row], measurements: list[Measurement]) -> Section:
    axis = chart.axis_of(row.span for row in rows if row.span)
    return Section(
        name=name,
        about=_about(record) if record else "",
        broken=(record is not None and record.status == "broken") or any(row.status == "broken" for row in rows),
        lines=tuple(_line(row, axis) for row in rows),
        axis=axis,
        samples=tuple(map(_samples, measurements)),
    )


def _about(record: ScenarioRecord) -> str:
    return f"{visible(record.kind)}, {words.duration(record.duration_s)}, series {visible(record.hash)}"


def _line(row: Row, axis: Axis) -> Line:
    if row.span is None:
        return Line(row=row, mark=None, words="no percentage" if row.compared else "not compared")
    return Line(row=row, mark=chart.mark(row.span, axis), words=chart.words(row.name, row.span, row.interval))


def _samples(measurement: Measurement) -> Samples:
    return Samples(
        metric=visible(measurement.metric),
        unit=visible(measurement.unit, 40),
        cells=tuple(_statistics(measurement)),
    )


def _statistics(measurement: Measurement) -> Iterator[str]:
    yield words.quantity(measurement.value, measurement.unit if measurement.unit == "hash" else "")
    yield f"{measurement.n:,}"
    for name in STATISTICS[2:]:
        value: float | None = getattr(measurement, name)
        yield "" if value is None else words.number(value)
