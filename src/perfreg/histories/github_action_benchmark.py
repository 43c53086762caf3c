"""github-action-benchmark: `data.js`, or the same JSON in the file named by its `external-data-json-path`."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from perfreg.histories.building import UNKNOWN, Entry, commit, environment_key, figure, imported
from perfreg.histories.dates import moment
from perfreg.histories.document import mapping, number, parse, part, sequence, text
from perfreg.histories.format import Files, HistoryFormat, Imported, chosen
from perfreg.histories.units import scale_of
from perfreg.histories.warning import Warnings
from perfreg.model.metric import Direction
from perfreg.model.run import Measurement, Source

_NAME = "github-action-benchmark"
_PREFIX = re.compile(r"\ufeff?\s*(window\.BENCHMARK_DATA\s*=\s*)?")
_DEFAULT_SUITE = "Benchmark"
_STATED: Mapping[str, Direction] = {"customBiggerIsBetter": "higher", "customSmallerIsBetter": "lower"}
_PULL_REQUEST = re.compile(r"/pull/([0-9]{1,18})/")
_RANGE = re.compile(r"(?:±|\+/-|\+-|stddev:)?\s*([0-9][0-9.,]{0,40}(?:e[+-]?[0-9]{1,3})?)\s*(%?)", re.IGNORECASE)
_SAMPLES = re.compile(r"\brounds: ([0-9]{1,9})\b|\b([0-9]{1,9}) (?:samples|runs sampled)\b")
_FURTHER_FIGURE = re.compile(r"(\S+)\s+(\S+)")
_NORMAL_95 = 1.96


def _recognises(files: Files) -> bool:
    return any(_is_data(content) for content in files.values())


def _is_data(content: str) -> bool:
    prefix = _PREFIX.match(content)
    named = prefix is not None and prefix[1] is not None
    return named or ('"entries"' in content and '"lastUpdate"' in content and '"benches"' in content)


def _read(files: Files) -> Imported:
    warnings = Warnings()
    data = chosen(files, _is_data, "window.BENCHMARK_DATA or the same as JSON")
    found = {path: _suites(path, content) for path, content in data.items()}
    warnings.count("files left out because they hold no benchmark data", len(files) - len(found))
    for suite, times in Counter(suite for suites in found.values() for suite in suites).items():
        if times > 1:
            warnings.name("suites that stand in several files and become one", suite)
    return imported((entry for path, suites in found.items() for entry in _entries(path, suites, warnings)), warnings)


def _suites(where: str, content: str) -> dict[str, Any]:
    document = mapping(parse(content, where, prefix=_PREFIX), where)
    return mapping(document.get("entries"), where, "entries")


def _entries(where: str, suites: Mapping[str, Any], warnings: Warnings) -> Iterator[Entry]:
    for suite, stored in suites.items():
        for index, each in enumerate(sequence(stored, where, "entries", suite)):
            path = ("entries", suite, index)
            entry = mapping(each, where, *path)
            benches = sequence(entry.get("benches"), where, *path, "benches")
            results = [mapping(bench, where, *path, "benches", at) for at, bench in enumerate(benches)]
            yield _entry(suite, entry, results, warnings)


def _entry(suite: str, entry: dict[str, Any], benches: Sequence[dict[str, Any]], warnings: Warnings) -> Entry:
    tool, head = text(entry.get("tool")), part(entry, "commit")
    pull_request = _PULL_REQUEST.search(text(head.get("url")))
    warnings.count(
        "entries of pull requests, which are kept but never become a baseline", int(pull_request is not None)
    )
    at = moment(entry.get("date")) or moment(head.get("timestamp"))
    said = [[_plain(bench.get(key)) for key in ("name", "value", "unit", "range", "extra")] for bench in benches]
    return Entry(
        tool=tool,
        content=json.dumps([suite, _plain(head.get("id")), at, said]),
        at=at,
        measurements=_measurements(tool, "" if suite == _DEFAULT_SUITE else f"{suite}: ", benches, warnings),
        environment=replace(UNKNOWN, key=environment_key(_NAME)),
        source=Source(commit=commit(head.get("id")), pull_request=pull_request[1] if pull_request else ""),
        recorded_by=_NAME,
        trusted=pull_request is None,
    )


def _plain(value: object) -> str | float | None:
    return value if isinstance(value, (str, int, float)) else None


def _measurements(tool: str, suite: str, benches: Sequence[dict[str, Any]], warnings: Warnings) -> list[Measurement]:
    found = []
    for index, bench in enumerate(benches):
        following = text(benches[index + 1].get("name")) if index + 1 < len(benches) else ""
        for name, value, unit in _figures(bench, following):
            scale = scale_of(unit, stated=_STATED.get(tool))
            measurement = (
                figure(suite + name, scale, value, **_statistics(tool, bench, number(value))) if name else None
            )
            if measurement is None:
                warnings.count("results left out because they have no name or no finite value")
            else:
                found.append(measurement)
    return found


def _figures(bench: dict[str, Any], following: str) -> Iterator[tuple[str, object, str]]:
    """Names, values and units of one result.

    Several figures of a Go benchmark are in one result, whose unit goes on ``12 B/op 3 allocs/op``. Since version 1.18
    such a result is followed by one for each of its figures, named ``BenchmarkX - ns/op``, and says nothing new.
    """
    name, value, unit = text(bench.get("name")), bench.get("value"), bench.get("unit")
    unit = unit if isinstance(unit, str) else ""
    first, tab, rest = unit.partition("\t")
    if tab and following == f"{name} - {first.strip()}":
        return
    yield name.removesuffix(f" - {text(unit)}"), value, first
    for other in _FURTHER_FIGURE.finditer(rest):
        yield name, other[1], other[2]


def _statistics(tool: str, bench: dict[str, Any], value: float | None) -> dict[str, object]:
    """What ``range`` and ``extra`` say about the samples, in the unit of the value; they are texts for people."""
    written, extra = bench.get("range"), bench.get("extra")
    spread = _RANGE.fullmatch(written.strip()) if isinstance(written, str) else None
    samples = _SAMPLES.search(extra) if isinstance(extra, str) else None
    n = int(samples[1] or samples[2]) if samples else 1
    size = number(spread[1].replace(",", "")) if spread else None
    # Catch2's spread has a unit of its own, which was not stored.
    if size is None or value is None or spread is None or tool == "catch2":
        return {"n": n}
    if spread[2]:
        size *= abs(value) / 100
    if tool == "benchmarkjs":  # the margin of the mean at 95 %
        return {"n": n, "std_error": size / _NORMAL_95}
    if tool == "pytest":  # of the seconds that an iteration takes, while the value is iterations in a second
        size *= value * value
        return {"n": n, "std": size, "std_error": size / n**0.5}
    return {"n": n, "std": size}


FORMAT = HistoryFormat(
    name=_NAME,
    summary="the data.js of github-action-benchmark",
    recognises=_recognises,
    read=_read,
)
