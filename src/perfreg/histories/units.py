"""From a unit, as other tools write it, to a metric of ours: its name, unit, direction, and the factor between them."""

from __future__ import annotations

from dataclasses import dataclass

from perfreg.histories.names import identifier, one_line
from perfreg.model.metric import CATALOGUE, Direction, Metric

_SECONDS = {
    **dict.fromkeys(("ns", "nsec", "nanosecond", "nanoseconds"), 1e-9),
    **dict.fromkeys(("us", "\u00b5s", "\u03bcs", "usec", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ms", "msec", "millis", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
}
_BYTES = {
    **dict.fromkeys(("byte", "bytes"), 1.0),
    **{f"{prefix}b": 1000.0**power for power, prefix in enumerate("kmgt", start=1)},
    **{f"{prefix}ib": 1024.0**power for power, prefix in enumerate("kmgt", start=1)},
}
_COUNTS = {
    **dict.fromkeys(("alloc", "allocs", "allocation", "allocations"), "allocations"),
    **dict.fromkeys(("instruction", "instructions"), "instructions"),
}
_RATES = {"rps": "req/s", "qps": "queries/s", "tps": "tx/s", "fps": "frames/s", "hz": "ops/s"}
_ONE_CALL = frozenset(("op", "ops", "iter", "iters", "iteration", "iterations", "call", "calls", "run", "runs", "exec"))


@dataclass(frozen=True, slots=True)
class Scale:
    """A metric, and the ``factor`` that brings foreign figures into its unit."""

    metric: Metric
    factor: float = 1.0


def scale_of(unit: str, *, stated: Direction | None = None) -> Scale:
    """The metric that figures in ``unit`` belong to.

    Which direction is better follows from the unit, unless the user ``stated`` it to the tool; where nothing tells,
    there is none. In ``p95 ms`` the first words qualify the metric.
    """
    unit = one_line(unit)
    words, _, last = unit.rpartition(" ")
    found = _known(last)
    if found is None:
        return Scale(_unknown(unit, stated or "none"))
    metric = found.metric
    name = "_".join(part for part in (metric.name, identifier(words)) if part)
    direction = stated or metric.direction
    return Scale(Metric(name=name, unit=metric.unit, direction=direction, nature=metric.nature), found.factor)


def _known(unit: str) -> Scale | None:
    top, slash, bottom = (part.strip() for part in _RATES.get(unit.lower(), unit).partition("/"))
    if not slash or bottom.lower() in _ONE_CALL:
        return _amount(top, per_call=bool(slash))
    seconds = _SECONDS.get(bottom.lower())
    return None if seconds is None or not top else _rate(top, seconds)


def _amount(unit: str, *, per_call: bool) -> Scale | None:
    if unit.lower() in _SECONDS:
        return Scale(CATALOGUE["wall_time"], _SECONDS[unit.lower()])
    size = _size(unit)
    if size is not None:
        return Scale(Metric(name="allocated_size" if per_call else "size", unit="B", direction="lower"), size)
    count = _COUNTS.get(unit.lower())
    return None if count is None else Scale(Metric(name=count, unit="count", direction="lower", nature="exact"))


def _rate(top: str, seconds: float) -> Scale:
    size = _size(top)
    if size is not None:
        return Scale(Metric(name="throughput", unit="MB/s", direction="higher"), size / 1e6 / seconds)
    what = {"request": "req", "requests": "req", "op": "ops", "operations": "ops"}.get(top.lower(), top)
    return Scale(Metric(name="throughput", unit=f"{what[:40]}/s", direction="higher"), 1 / seconds)


def _size(unit: str) -> float | None:
    return 1.0 if unit == "B" else _BYTES.get(unit.lower())


def _unknown(unit: str, direction: Direction) -> Metric:
    if unit.endswith("%"):
        return Metric(name=identifier(unit) or "percentage", unit="%", direction=direction)
    return Metric(name=identifier(unit) or "value", unit=unit[:40].strip(), direction=direction)
