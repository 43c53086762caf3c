"""pytest-benchmark: its storage (`.benchmarks`), or files written with `--benchmark-json`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from perfreg.histories.building import UNKNOWN, Entry, commit, environment_key, figure, imported
from perfreg.histories.dates import moment
from perfreg.histories.document import label, mapping, number, parse, part, sequence, text
from perfreg.histories.format import Files, HistoryFormat, Imported, chosen
from perfreg.histories.units import scale_of
from perfreg.histories.warning import Warnings
from perfreg.model.run import Environment, Measurement, Source

_NAME = "pytest-benchmark"
_SECONDS = scale_of("seconds")
_MEDIAN_ERROR = 0.93
"""Standard error of a median over interquartile range by root of n: McGill, Tukey & Larsen 1978, The American
Statistician 32:12-16."""


def _recognises(files: Files) -> bool:
    return any(_is_report(content) for content in files.values())


def _is_report(content: str) -> bool:
    return '"benchmarks"' in content and '"machine_info"' in content


def _read(files: Files) -> Imported:
    warnings = Warnings()
    reports = chosen(files, _is_report, "results of pytest-benchmark")
    warnings.count("files left out because they hold no benchmarks", len(files) - len(reports))
    return imported((_entry(path, content, warnings) for path, content in reports.items()), warnings)


def _entry(path: str, content: str, warnings: Warnings) -> Entry:
    document = mapping(parse(content, path), path)
    stored = sequence(document.get("benchmarks"), path, "benchmarks")
    benchmarks = [mapping(each, path, "benchmarks", index) for index, each in enumerate(stored)]
    head = part(document, "commit_info")
    dirty, branch = head.get("dirty") is True, label(head.get("branch"))
    warnings.count("runs with uncommitted changes, which are kept but never become a baseline", int(dirty))
    return Entry(
        tool="pytest",
        content=content,
        at=moment(document.get("datetime")) or moment(head.get("time")),
        measurements=list(_measurements(benchmarks, warnings)),
        environment=_environment(part(document, "machine_info")),
        source=Source(commit=commit(head.get("id")), branch="" if branch.startswith("(") else branch, dirty=dirty),
        recorded_by=label(f"{_NAME} {text(document.get('version'))}"),
        trusted=not dirty,
    )


def _measurements(benchmarks: Sequence[dict[str, Any]], warnings: Warnings) -> Iterator[Measurement]:
    for benchmark in benchmarks:
        name = text(benchmark.get("fullname")) or text(benchmark.get("name"))
        found = _measurement(name, part(benchmark, "stats")) if name else None
        if found is None:
            warnings.count("benchmarks left out because they have no name or no median")
        else:
            yield found


def _measurement(name: str, stats: dict[str, Any]) -> Measurement | None:
    rounds, spread = number(stats.get("rounds")), number(stats.get("iqr"))
    error = _MEDIAN_ERROR * spread / rounds**0.5 if spread is not None and rounds is not None and rounds > 1 else None
    return figure(
        name,
        _SECONDS,
        stats.get("median"),
        n=rounds,
        mean=stats.get("mean"),
        std=stats.get("stddev"),
        min=stats.get("min"),
        max=stats.get("max"),
        p50=stats.get("median"),
        std_error=error,
    )


def _environment(machine: dict[str, Any]) -> Environment:
    cpu = part(machine, "cpu")
    model = label(cpu.get("brand_raw")) or label(cpu.get("brand")) or label(machine.get("processor"))
    implementation, version = text(machine.get("python_implementation")), text(machine.get("python_version"))
    cpus = number(cpu.get("count")) or 0.0
    system, architecture = text(machine.get("system")), label(machine.get("machine"))
    minor = ".".join(version.split(".")[:2])
    return replace(
        UNKNOWN,
        key=environment_key(_NAME, system, architecture, model, f"{cpus:g}" if cpus else "", implementation, minor),
        os=label(f"{system} {text(machine.get('release'))}"),
        architecture=architecture,
        cpu_model="" if model == architecture else model,
        cpus=cpus,
        interpreter=label(f"{implementation} {version}"),
    )


FORMAT = HistoryFormat(
    name=_NAME,
    summary="the storage of pytest-benchmark",
    recognises=_recognises,
    read=_read,
)
