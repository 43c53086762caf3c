"""The result as JMeter would have written it, for Jenkins' Performance plugin and for JMeter itself.

A result holds no single samples, so the rows are made from what it holds: as many as there were attempts (at most
`ROW_LIMIT` of a scenario), with the mean, the quantiles, the share of errors and the throughput that were measured.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timezone
from itertools import accumulate

from perfreg.model.result import Result
from perfreg.report.escape import inert
from perfreg.report.format import ReportFile, ReportFormat
from perfreg.report.timings import Timing, timings

ROW_LIMIT, ROW_LIMIT_IN_ALL = 10_000, 100_000
"""Rows of one scenario and of all; of more attempts, each row stands for several."""

COLUMNS = (
    *("timeStamp", "elapsed", "label", "responseCode", "responseMessage", "threadName", "dataType", "success"),
    *("failureMessage", "bytes", "sentBytes", "grpThreads", "allThreads", "URL", "Latency", "IdleTime", "Connect"),
)
"""All that JMeter writes by itself, in its order. The plugin takes the first of ``label`` and ``URL`` for the name."""

_OK = "200"
_FAILED = "Non HTTP response code: "
_STATUS = "status "
_GOLDEN = (math.sqrt(5) - 1) / 2


def render(result: Result) -> str:
    """A header and one line for each attempt, by the rules of Jenkins' plugin: whole numbers, no byte order mark."""
    lines = [",".join(COLUMNS)]
    start_ms = _milliseconds(result.run.started_at)
    labels: set[str] = set()
    found = timings(result)
    limit = max(1, min(ROW_LIMIT, ROW_LIMIT_IN_ALL // max(1, len(found))))
    for timing in found:
        count = min(timing.attempts, limit)
        span_ms = _span_ms(timing, count)
        lines += _rows(timing, count, _label(timing.scenario, labels), start_ms, span_ms)
        start_ms += math.ceil(span_ms)
    return "".join(f"{line}\n" for line in lines)


def _milliseconds(moment: str) -> int:
    """Since 1970; 0 for a text that is no moment."""
    try:
        found = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    except ValueError:
        return 0
    known = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
    return max(0, round((known - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds() * 1000))


def _label(scenario: str, taken: set[str]) -> str:
    """The name of the rows. Jenkins takes names that differ in slashes and colons alone for the same."""
    label, number = inert(scenario), 1
    while _key(label) in taken:
        number += 1
        label = f"{inert(scenario)} ({number})"
    taken.add(_key(label))
    return label


def _key(label: str) -> str:
    return label.replace("http:", "").replace("https:", "").replace("/", "_").replace(":", "_")


def _span_ms(timing: Timing, count: int) -> float:
    """How long the rows take, so that their number by the time is the throughput, also where they stand for more."""
    if timing.rate is not None and count:
        return min(1e12, 1e3 * count / timing.rate)
    return min(1e12, max(0.0, 1e3 * timing.duration_s))


def _rows(timing: Timing, count: int, label: str, start_ms: int, span_ms: float) -> Iterator[str]:
    failures = _failures(timing, count)
    if timing.broken and not failures:
        yield _row(start_ms, 0, label, f"{_FAILED}broken", size=0)
    if not count:
        return
    elapsed = timing.spread.ranked_whole(count) if timing.spread else [0] * count
    # Neither the slow ones nor those that failed come all at once: ranks are visited in an order that spreads them.
    step = next(step for step in range(max(1, round(count * _GOLDEN)), 2 * count + 1) if math.gcd(step, count) == 1)
    size = round(timing.size or 0)
    for place in range(count):
        rank = place * step % count
        at = start_ms + round(span_ms * place / count)
        yield _row(at, elapsed[rank], label, failures.get(rank, _OK), size=size)


def _failures(timing: Timing, count: int) -> dict[int, str]:
    """Which ranks failed, and how. They are spread evenly over all: the time of a failure is not known, and so changes
    no quantile."""
    total = sum(timing.failed.values())
    if not total or not count:
        return {}
    shown = min(count, max(1, round(total * count / timing.attempts)))
    ends, codes = list(accumulate(timing.failed.values())), [_code(name) for name in timing.failed]
    return {
        int((place + 0.5) * count / shown): codes[bisect_right(ends, int((place + 0.5) * total / shown))]
        for place in range(shown)
    }


def _code(error: str) -> str:
    status = error.removeprefix(_STATUS)
    return status if status != error and status.isdecimal() else f"{_FAILED}{error}"


def _row(at_ms: int, elapsed_ms: int, label: str, code: str, *, size: int) -> str:
    good = code == _OK
    message = "OK" if good else f"{_STATUS}{code}" if code.isdecimal() else code.removeprefix(_FAILED)
    cells = (
        *(f"{at_ms}", f"{elapsed_ms}", _quoted(label), _quoted(code), _quoted(message), "perfreg 1-1", "text"),
        *("true" if good else "false", "" if good else _quoted(message), f"{size}", "0", "1", "1", "", "0", "0", "0"),
    )
    return ",".join(cells)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text


def _files(result: Result) -> tuple[ReportFile, ...]:
    return (ReportFile(name="results.jtl", content=render(result).encode("utf-8", "replace")),)


FORMAT = ReportFormat(
    name="jtl", summary="samples as JMeter writes them, for Jenkins' Performance plugin", file_name="results.jtl",
    render=_files,
)  # fmt: skip
