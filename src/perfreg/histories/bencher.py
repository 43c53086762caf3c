"""Bencher Metric Format: one file for each run, and a list that tells when and of which commit, if there is one.

The list is a file ``runs.json``: ``{"results-1.json": {"commit": "…", "date": "…", "branch": "…"}}``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from perfreg.errors import InputError
from perfreg.histories.building import UNKNOWN, Entry, commit, environment_key, figure, imported
from perfreg.histories.dates import moment
from perfreg.histories.document import label, mapping, number, parse, part
from perfreg.histories.format import Files, HistoryFormat, Imported
from perfreg.histories.names import identifier, natural
from perfreg.histories.units import Scale
from perfreg.histories.warning import Warnings
from perfreg.model.metric import Metric
from perfreg.model.run import Measurement, Source

_NAME = "bencher"
_LIST = "runs.json"
_BYTES = (
    *("file_size", "allocated", "total_bytes", "max_bytes", "final_bytes", "at_t_gmax_bytes", "at_t_end_bytes"),
    *("reads_bytes", "writes_bytes", "maximum_bytes"),
)
_BLOCKS = (
    "total_blocks", "max_blocks", "final_blocks", "at_t_gmax_blocks", "at_t_end_blocks", "maximum_blocks",
)  # fmt: skip

# The measures that Bencher makes by itself; of others nobody but the project's thresholds knows what is better.
_MEASURES = (
    Metric(name="latency", unit="ns", direction="lower"),
    Metric(name="throughput", unit="ops/s", direction="higher"),
    Metric(name="build_time", unit="s", direction="lower"),
    Metric(name="instructions", unit="count", direction="lower", nature="exact"),
    Metric(name="estimated_cycles", unit="cycles", direction="lower"),
    *(Metric(name=name, unit="B", direction="lower") for name in _BYTES),
    *(Metric(name=name, unit="blocks", direction="lower") for name in _BLOCKS),
)
_KNOWN = {metric.name: metric for metric in _MEASURES}


def _recognises(files: Files) -> bool:
    return any(_is_results(document) for _, document in _documents(files, strict=False))


def _documents(files: Files, *, strict: bool) -> Iterator[tuple[str, object]]:
    for path in sorted(files, key=natural):
        if strict or '"value"' in files[path]:
            try:
                yield path, parse(files[path], path)
            except InputError:
                if strict and path.endswith(".json"):
                    raise


def _is_results(document: object) -> bool:
    return isinstance(document, dict) and bool(document) and all(map(_is_benchmark, document.values()))


def _is_benchmark(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(each, dict) and "value" in each for each in value.values())


def _read(files: Files) -> Imported:
    warnings = Warnings()
    lists: list[str] = []
    listed: dict[str, Any] = {}
    results: dict[str, dict[str, Any]] = {}
    for path, document in _documents(files, strict=True):
        if path.rpartition("/")[2] == _LIST:
            lists.append(path)
            listed.update(mapping(document, path))
        elif _is_results(document):
            results[path] = mapping(document, path)
    if not results:
        raise InputError("none of the files holds results in Bencher Metric Format")
    warnings.count("files left out because they hold no results", len(files) - len(results) - len(lists))
    for name in sorted(listed.keys() - {path.rpartition("/")[2] for path in results}):
        warnings.name(f"files that {_LIST} names and that are not there", name)
    entries = (_entry(path, files[path], document, listed, warnings) for path, document in results.items())
    return imported(entries, warnings)


def _entry(path: str, content: str, document: dict[str, Any], listed: Mapping[str, Any], warnings: Warnings) -> Entry:
    facts = part(listed, path.rpartition("/")[2])
    return Entry(
        tool=_NAME,
        content=content,
        at=moment(facts.get("date")),
        measurements=list(_measurements(document, warnings)),
        environment=replace(UNKNOWN, key=environment_key(_NAME)),
        source=Source(commit=commit(facts.get("commit")), branch=label(facts.get("branch"))),
        recorded_by=_NAME,
    )


def _measurements(document: dict[str, Any], warnings: Warnings) -> Iterator[Measurement]:
    for benchmark, measures in document.items():
        for measure, metric in measures.items():
            found = figure(benchmark, Scale(_metric(measure)), metric["value"], std=_spread(metric))
            if found is None:
                warnings.count("results left out because they have no finite value")
            else:
                yield found


def _metric(measure: str) -> Metric:
    name = identifier(measure) or "value"
    return _KNOWN.get(name) or Metric(name=name, unit="", direction="none")


def _spread(metric: dict[str, Any]) -> float | None:
    """Half the way between the bounds: most of Bencher's adapters put them a standard deviation from the value."""
    low, value, high = (number(metric.get(name)) for name in ("lower_value", "value", "upper_value"))
    if low is None or value is None or high is None or not low <= value <= high:
        return None
    return (high - low) / 2


FORMAT = HistoryFormat(
    name=_NAME,
    summary="files in Bencher Metric Format",
    recognises=_recognises,
    read=_read,
)
