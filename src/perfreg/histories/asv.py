"""asv: the folder of results, one file for each commit, machine and environment."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from perfreg.histories.building import UNKNOWN, Entry, commit, environment_key, figure, imported
from perfreg.histories.dates import moment
from perfreg.histories.document import label, mapping, number, parse, part, sequence, text
from perfreg.histories.format import Files, HistoryFormat, Imported, chosen
from perfreg.histories.units import Scale, scale_of
from perfreg.histories.warning import Warnings
from perfreg.model.metric import CATALOGUE
from perfreg.model.run import Environment, Measurement, Source

_NAME = "asv"
_FAILED = "results left out because the benchmark failed or was skipped"
_NORMAL_99 = 2.576
_MEMORY = re.compile(r"([0-9.]{1,30})\s*([KMGT]?)i?B?", re.IGNORECASE)
_TYPES = {"time": "time", "timeraw": "time", "mem": "memory", "peakmem": "peakmemory"}
_SCALES = {
    "time": scale_of("seconds"),
    "memory": scale_of("bytes"),
    "peakmemory": Scale(CATALOGUE["max_rss"], 1e-6),
}


def _recognises(files: Files) -> bool:
    return any(_is_result(content) for content in files.values())


def _is_result(content: str) -> bool:
    return '"commit_hash"' in content and '"results"' in content


def _read(files: Files) -> Imported:
    warnings = Warnings()
    results = chosen(files, _is_result, "results of asv")
    others = {path: content for path, content in sorted(files.items()) if path not in results}
    machines = {
        _folder(path): _parsed(path, content) for path, content in others.items() if _base(path) == "machine.json"
    }
    known: dict[str, Any] = {}
    for path, content in others.items():
        if _base(path) == "benchmarks.json":
            known.update(_parsed(path, content))
    unused = [path for path in others if _base(path) not in ("machine.json", "benchmarks.json")]
    warnings.count("files left out because they hold no results", len(unused))
    entries = (
        _entry(path, content, machines.get(_folder(path), {}), known, warnings) for path, content in results.items()
    )
    return imported(entries, warnings)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _parsed(path: str, content: str) -> dict[str, Any]:
    return mapping(parse(content, path), path)


def _entry(path: str, content: str, machine: dict[str, Any], known: Mapping[str, Any], warnings: Warnings) -> Entry:
    document = _parsed(path, content)
    columns = [text(each) for each in _list(document.get("result_columns"))]
    measurements: list[Measurement] = []
    definitions: dict[str, str] = {}
    for name, stored in mapping(document.get("results"), path, "results").items():
        if columns:
            result = dict(zip(columns, sequence(stored, path, "results", name), strict=False))
        else:
            result = _old_form(stored)
        version = text(result.get("version")) or text(part(document, "benchmark_version").get(name))
        for each in _measurements(name, result, part(known, name), warnings):
            measurements.append(each)
            definitions[each.scenario] = version
    return Entry(
        tool=_NAME,
        content=content,
        at=moment(document.get("date")),
        measurements=measurements,
        environment=_environment(path, document, machine),
        source=Source(commit=commit(document.get("commit_hash"))),
        recorded_by=_NAME,
        definitions=definitions,
    )


def _old_form(stored: object) -> dict[str, Any]:
    """The columns of a result in the first version of the format: a figure, or an object of lists."""
    if not isinstance(stored, dict):
        return {"result": [stored]}
    found = dict(stored)
    if not isinstance(found.get("result"), list):
        found["result"] = [found.get("result")]
    statistics = [each if isinstance(each, dict) else {} for each in _list(found.get("stats"))]
    intervals = [_list(each.get("ci_99")) for each in statistics]
    found["stats_repeat"] = [each.get("repeat") for each in statistics]
    found["stats_ci_99_a"] = [_at(each, 0) for each in intervals]
    found["stats_ci_99_b"] = [_at(each, 1) for each in intervals]
    return found


def _measurements(
    name: str, result: Mapping[str, Any], known: Mapping[str, Any], warnings: Warnings
) -> Iterator[Measurement]:
    parameters = [_list(each) for each in _list(result.get("params"))]
    count = math.prod(map(len, parameters))
    values = _list(result.get("result"))
    if result.get("result") is None:
        warnings.count(_FAILED, count)
    elif len(values) != count:
        values = []
        warnings.name("benchmarks left out where their results do not fit their parameters", name)
    scale = _scale(name, known)
    low, high, repeat = (_list(result.get(f"stats_{key}")) for key in ("ci_99_a", "ci_99_b", "repeat"))
    for index, (value, choice) in enumerate(zip(values, itertools.product(*parameters), strict=False)):
        scenario = f"{name}({', '.join(map(text, choice))})" if choice else name
        error = _error(_at(low, index), _at(high, index))
        found = figure(scenario, scale, value, n=_at(repeat, index), p50=_median(scale, value), std_error=error)
        if found is None:
            warnings.count(_FAILED)
        else:
            yield found


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _at(values: Sequence[Any], index: int) -> Any:
    return values[index] if index < len(values) else None


def _median(scale: Scale, value: object) -> object:
    """A time is the median of its samples; other figures have no samples."""
    return value if scale is _SCALES["time"] else None


def _error(low: object, high: object) -> float | None:
    """The standard error from the bounds of the 99 % interval."""
    bounds = number(low), number(high)
    return None if bounds[0] is None or bounds[1] is None else abs(bounds[1] - bounds[0]) / 2 / _NORMAL_99


def _scale(name: str, known: Mapping[str, Any]) -> Scale:
    prefix = name.rpartition(".")[2].partition("_")[0]
    kind = text(known.get("type")) or _TYPES.get(prefix, "")
    return _SCALES.get(kind) or scale_of(text(known.get("unit")))


def _environment(path: str, document: dict[str, Any], machine: dict[str, Any]) -> Environment:
    facts = {**part(document, "params"), **machine}
    name = text(facts.get("machine")) or _base(_folder(path)) or "unknown"
    of_file = _base(path).removesuffix(".json").partition("-")[2]
    python = label(document.get("python"))
    return replace(
        UNKNOWN,
        key=environment_key(_NAME, name, text(document.get("env_name")) or of_file),
        os=label(facts.get("os")),
        architecture=label(facts.get("arch")),
        cpu_model=label(facts.get("cpu")),
        cpus=number(facts.get("num_cpu")) or 0.0,
        memory_mb=_megabytes(text(facts.get("ram"))),
        interpreter=label(f"Python {python}") if python else "",
    )


def _megabytes(ram: str) -> int:
    """Memory as asv tells it: with a unit, or without one in bytes or, by older versions, in kB."""
    match = _MEMORY.fullmatch(ram)
    size = number(match[1]) if match else None
    if match is None or size is None:
        return 0
    unit = match[2].upper() or ("" if size >= 1e9 else "K")
    return round(size * 1000.0 ** " KMGT".index(unit or " ") / 1e6)


FORMAT = HistoryFormat(
    name=_NAME,
    summary="asv's folder of results",
    recognises=_recognises,
    read=_read,
)
