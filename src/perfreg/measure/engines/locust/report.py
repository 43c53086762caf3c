"""What was measured as plain data, which goes through pipes (JSON) and Locust's messages (msgpack) alike.

Whoever reaches the port of a master can send it anything: what is read is checked.
"""

from __future__ import annotations

import base64
import math
from array import array
from collections import Counter
from collections.abc import Mapping
from typing import Any

from perfreg.errors import MeasureError
from perfreg.measure.engines.engine import Generator, LoadResult, RawSamples, Second
from perfreg.stats.describe import BLOCKS
from perfreg.stats.distribution import Distribution, Moments, distribution
from perfreg.stats.histogram import Histogram

Plain = dict[str, Any]
_WIDEST = 100_000
"""Buckets of a histogram: from nothing to thousands of years are fewer."""
_MOST = 1 << 53
_COLUMNS = ("intended", "sent", "first_byte", "finished", "size")


def packed(result: LoadResult) -> Plain:
    """``result`` as plain data."""
    return {
        "response": [_distribution(each) for each in result.response],
        "service": [_distribution(each) for each in result.service] if result.open_loop else None,
        "first_byte": _distribution(result.first_byte),
        "steps": [[_distribution(each) for each in slices] for slices in result.steps],
        "names": list(result.names),
        "open_loop": result.open_loop,
        "steady": result.steady,
        "size": _moments(result.size),
        "errors": dict(result.errors),
        "requests": result.requests,
        "elapsed_s": result.elapsed_s,
        "throughput": result.throughput,
        "slice_s": result.slice_s,
        "seconds": [_second(each) for each in result.seconds],
        "generator": _generator(result.generator),
        "faults": list(result.faults),
        "samples": None if result.samples is None else _samples(result.samples),
    }


def unpacked(data: object) -> LoadResult:
    """What `packed` has made plain. Raises `MeasureError` when it is anything else."""
    try:
        return _result(_mapping(data))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise MeasureError(f"the report of a worker cannot be read: {error}") from error


def _result(data: Mapping[str, Any]) -> LoadResult:
    response = _slices(data["response"])
    unknown = distribution(())
    return LoadResult(
        response=response,
        service=response if data["service"] is None else _slices(data["service"]),
        open_loop=bool(data["open_loop"]),
        steady=bool(data["steady"]),
        connect=unknown,
        tls=unknown,
        first_byte=_read_distribution(data["first_byte"]),
        steps=tuple(_slices(slices) for slices in data["steps"]),
        names=tuple(_text(name) for name in data["names"]),
        size=_read_moments(data["size"]),
        errors=Counter({_text(kind): _count(number) for kind, number in _mapping(data["errors"]).items()}),
        requests=_count(data["requests"]),
        elapsed_s=_number(data["elapsed_s"]),
        throughput=_number(data["throughput"]),
        slice_s=_number(data["slice_s"]),
        seconds=tuple(_read_second(each) for each in data["seconds"]),
        generator=_read_generator(data["generator"]),
        faults=tuple(_text(fault) for fault in data["faults"]),
        samples=None if data["samples"] is None else _read_samples(data["samples"]),
    )


def _slices(data: list[Any]) -> tuple[Distribution, ...]:
    if len(data) != BLOCKS + 1:
        raise ValueError(f"{len(data)} slices")
    return tuple(_read_distribution(each) for each in data)


def _distribution(each: Distribution) -> Plain:
    return {"moments": _moments(each.moments), **_histogram(each.histogram)}


def _read_distribution(data: Plain) -> Distribution:
    found = Distribution(histogram=_read_histogram(data), moments=_read_moments(data["moments"]))
    if found.n != found.histogram.n:
        raise ValueError("a histogram of another number of samples than it says")
    return found


def _histogram(each: Histogram) -> Plain:
    """Most buckets are empty: only the others, by the distance from the first."""
    filled = each.counts.nonzero()[0]
    return {"first": each.first, "at": filled.tolist(), "counts": each.counts[filled].tolist()}


def _read_histogram(data: Plain) -> Histogram:
    import numpy as np

    at, counts = [_count(each) for each in data["at"]], [_count(each) for each in data["counts"]]
    first = int(data["first"])
    if abs(first) > _WIDEST or max(at, default=0) >= _WIDEST:
        raise ValueError("a histogram that is too wide")
    whole = np.zeros(max(at) + 1 if at else 0, dtype=np.int64)
    for place, count in zip(at, counts, strict=True):
        whole[place] += count
    return Histogram(first=first, counts=whole)


def _moments(each: Moments) -> list[float] | None:
    return [each.n, each.total, each.squares, each.low, each.high] if each.n else None


def _read_moments(data: list[Any] | None) -> Moments:
    if data is None:
        return Moments()
    n, total, squares, low, high = data
    return Moments(n=_count(n), total=_number(total), squares=_number(squares), low=_number(low), high=_number(high))


def _second(each: Second) -> Plain:
    row = (each.answers, each.failures, each.total_ms, each.longest_ms)
    return {"row": row, **_histogram(each.buckets)}


def _read_second(data: Plain) -> Second:
    answers, failures, total, longest = data["row"]
    return Second(
        answers=_count(answers),
        failures=_count(failures),
        total_ms=_number(total),
        longest_ms=_number(longest),
        buckets=_read_histogram(data),
    )


def _generator(each: Generator) -> Plain:
    lag = None if each.lag is None else _distribution(each.lag)
    return {"cpu_s": each.cpu_s, "wall_s": each.wall_s, "lag": lag}


def _read_generator(data: Plain) -> Generator:
    lag = None if data["lag"] is None else _read_distribution(data["lag"])
    return Generator(cpu_s=_number(data["cpu_s"]), wall_s=_number(data["wall_s"]), lag=lag)


def _samples(each: RawSamples) -> Plain:
    return {name: base64.b64encode(getattr(each, name).tobytes()).decode("ascii") for name in _COLUMNS}


def _read_samples(data: Plain) -> RawSamples:
    columns = {name: array("q", base64.b64decode(data[name], validate=True)) for name in _COLUMNS}
    if len({len(column) for column in columns.values()}) != 1:
        raise ValueError("columns of unequal length")
    return RawSamples(**columns)


def _mapping(data: object) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise TypeError("no mapping")
    return data


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MOST:
        raise ValueError("no count")
    return value


def _number(value: object) -> float:
    if not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        raise ValueError("no number")
    return float(value)


def _text(value: object) -> str:
    """One line that is short enough to be shown."""
    if not isinstance(value, str):
        raise TypeError("no text")
    return "".join(letter if letter.isprintable() else " " for letter in value)[:300]
