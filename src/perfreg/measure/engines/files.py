"""Raw samples and the time line as CSV files, for whoever wants to look closer."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from perfreg.errors import MeasureError
from perfreg.measure.engines.accumulator import coarse_quantile
from perfreg.measure.engines.engine import LoadResult

_SAMPLES = ("due_ns", "sent_ns", "first_byte_ns", "finished_ns", "bytes")
_SECONDS = ("second", "answers", "failures", "mean_ms", "p50_ms", "p95_ms", "p99_ms", "max_ms")


def save(result: LoadResult, directory: Path, scenario: str) -> None:
    """Write ``SCENARIO.samples.csv`` and ``SCENARIO.seconds.csv``. Raises `MeasureError` when that is impossible."""
    name = _file_name(scenario)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if result.samples is not None:
            columns = result.samples
            rows = zip(columns.intended, columns.sent, columns.first_byte, columns.finished, columns.size, strict=True)
            _write(directory / f"{name}.samples.csv", _SAMPLES, rows)
        _write(directory / f"{name}.seconds.csv", _SECONDS, _seconds(result))
    except OSError as error:
        raise MeasureError(f"the samples cannot be written: {error}", where=str(directory)) from error


def _file_name(scenario: str) -> str:
    """Names of scenarios may have anything in them; two that only differ in that get files of their own."""
    plain = re.sub(r"[^A-Za-z0-9_.-]", "_", scenario).lstrip(".")[:80]
    return plain if plain == scenario else f"{plain}-{hashlib.sha256(scenario.encode()).hexdigest()[:8]}"


def _seconds(result: LoadResult) -> Iterable[Sequence[object]]:
    for number, each in enumerate(result.seconds):
        if each.answers:
            quantiles = [f"{coarse_quantile(each.buckets, share):.4g}" for share in (0.5, 0.95, 0.99)]
            times = (f"{each.total_ms / each.answers:.6g}", *quantiles, f"{each.longest_ms:.6g}")
        else:
            times = ("",) * 5
        yield (number, each.answers, each.failures, *times)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
