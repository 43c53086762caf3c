"""The result as a table for spreadsheets and scripts: one line for each verdict, numbers as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields

from perfreg.model.result import Result, Verdict
from perfreg.model.run import Measurement
from perfreg.report.escape import TEXT_LIMIT, inert, visible
from perfreg.report.format import ReportFile, ReportFormat

_STATISTICS = ("n", "mean", "std", "min", "p50", "p90", "p95", "p99", "max")
COLUMNS = (
    *("scenario", "metric", "unit", "direction"),
    *("base", "head", "change_pct", "ci_low_pct", "ci_high_pct", "tolerance_pct"),
    *("verdict", "severity", "accepted", "method", "reason", "baseline_runs"),
    *_STATISTICS,
    *("commit", "started_at"),
)

# What a spreadsheet takes for a formula, also where it takes a semicolon for the end of a cell; of both widths.
_FORMULA = re.compile(r"(?:^|(?<=;))(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")

Cell = str | float | int | None


def render(result: Result) -> str:
    """The table by RFC 4180: lines end in CR LF, texts are quoted, numbers are neither quoted nor rounded.

    A text that a spreadsheet would take for a formula has an apostrophe before it.
    """
    source = result.run.source.commit, result.run.started_at
    lines = (",".join(COLUMNS), *(",".join(map(_written, (*cells, *source))) for cells in _lines(result)))
    return "".join(f"{line}\r\n" for line in lines)


def _lines(result: Result) -> Iterator[list[Cell]]:
    measured = {(each.scenario, each.metric): each for each in reversed(result.run.measurements)}
    for verdict in result.verdicts:
        yield [*_judged(verdict), *_statistics(measured.get((verdict.scenario, verdict.metric)))]
    judged = {(each.scenario, each.metric) for each in result.verdicts}
    for each in result.run.measurements:
        if (each.scenario, each.metric) not in judged:
            yield [*_unjudged(each), *_statistics(each)]


def _judged(verdict: Verdict) -> list[Cell]:
    known: dict[str, Cell] = {field.name: getattr(verdict, field.name) for field in fields(verdict)}
    known["verdict"] = verdict.status
    known["reason"] = verdict.reason.strip().partition("\n")[0]
    return [known[name] for name in COLUMNS if name in known]


def _unjudged(measurement: Measurement) -> list[Cell]:
    known: dict[str, Cell] = dict.fromkeys(COLUMNS[: -len(_STATISTICS) - 2])
    known.update(
        scenario=measurement.scenario,
        metric=measurement.metric,
        unit=measurement.unit,
        direction=measurement.direction,
        head=measurement.value,
    )
    return list(known.values())


def _statistics(measurement: Measurement | None) -> list[Cell]:
    return [None if measurement is None else getattr(measurement, name) for name in _STATISTICS]


def _written(cell: Cell) -> str:
    if isinstance(cell, str):
        text = _FORMULA.sub("'", inert(visible(cell, TEXT_LIMIT))).replace('"', '""')
        return f'"{text}"' if text else ""
    return "" if cell is None else repr(cell)


def _files(result: Result) -> tuple[ReportFile, ...]:
    return (ReportFile(name="results.csv", content=render(result).encode("utf-8", "replace")),)


FORMAT = ReportFormat(
    name="csv", summary="a table for spreadsheets and scripts, one line for each metric", file_name="results.csv",
    render=_files,
)  # fmt: skip
