"""Numbers with units as people write them in a configuration: ``5%``, ``2 s``, ``60s``, ``250ms``, ``1.5 GB``."""

from __future__ import annotations

import math
import re
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

_NUMBER = re.compile(r"\s*([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*([A-Za-zµ%]\S*)?\s*")

# To the base unit of each dimension; a metric's own unit is one of these, so a limit converts by two look-ups.
_FACTORS: dict[str, tuple[str, float]] = {
    "ns": ("time", 1e-9),
    "us": ("time", 1e-6),
    "µs": ("time", 1e-6),
    "ms": ("time", 1e-3),
    "millisecond": ("time", 1e-3),
    "milliseconds": ("time", 1e-3),
    "s": ("time", 1.0),
    "sec": ("time", 1.0),
    "second": ("time", 1.0),
    "seconds": ("time", 1.0),
    "m": ("time", 60.0),
    "min": ("time", 60.0),
    "minute": ("time", 60.0),
    "minutes": ("time", 60.0),
    "h": ("time", 3600.0),
    "hour": ("time", 3600.0),
    "hours": ("time", 3600.0),
    "B": ("size", 1.0),
    "byte": ("size", 1.0),
    "bytes": ("size", 1.0),
    "kB": ("size", 1e3),
    "KB": ("size", 1e3),
    "kb": ("size", 1e3),
    "MB": ("size", 1e6),
    "mb": ("size", 1e6),
    "megabytes": ("size", 1e6),
    "GB": ("size", 1e9),
    "gb": ("size", 1e9),
    "KiB": ("size", 1024.0),
    "MiB": ("size", 1024.0**2),
    "GiB": ("size", 1024.0**3),
    "%": ("share", 1.0),
    "percent": ("share", 1.0),
    "percentage": ("share", 1.0),
    "ratio": ("share", 100.0),
    "req/s": ("rate", 1.0),
    "rps": ("rate", 1.0),
    "calls/s": ("rate", 1.0),
    "requests/s": ("rate", 1.0),
    "requests/second": ("rate", 1.0),
    "requests_per_second": ("rate", 1.0),
    "req/min": ("rate", 1 / 60),
    "kB/s": ("flow", 1e-3),
    "MB/s": ("flow", 1.0),
    "GB/s": ("flow", 1e3),
}


def parse(text: str) -> tuple[float, str]:
    """Split a quantity into its number and its unit (empty when there is none).

    Raises ``ValueError`` when there is no finite number at the front.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError(f"must be a number, with or without a unit, got {text[:80]!r}")
    number = float(match[1])
    if not math.isfinite(number):
        raise ValueError("must be a finite number")
    return number, match[2] or ""


def convert(number: float, unit: str, target: str) -> float:
    """Express ``number`` of ``unit`` in ``target`` units; equal or empty units pass through.

    Raises ``ValueError`` when the two do not measure the same thing.
    """
    if not unit or unit == target:
        return number
    known, wanted = _FACTORS.get(unit), _FACTORS.get(target)
    if known is None or wanted is None or known[0] != wanted[0]:
        raise ValueError(f"has the unit {unit[:20]!r}, which does not convert to {target!r}")
    return number * known[1] / wanted[1]


def seconds(value: object) -> object:
    """A duration in seconds from ``20``, ``"20"``, ``"60s"`` or ``"2 min"``; other types are left to validation."""
    if isinstance(value, str):
        number, unit = parse(value)
        return convert(number, unit, "s")
    return value


def percent(value: object) -> object:
    """A percentage from ``5``, ``"5"`` or ``"5%"``; other types are left to validation."""
    if isinstance(value, str):
        number, unit = parse(value)
        return convert(number, unit, "%")
    return value


def _schema(dimension: str, **limits: float) -> WithJsonSchema:
    """A number within ``limits``, or text: a number with one of the dimension's units, or a variable."""
    units = "|".join(unit for unit, (measures, _) in _FACTORS.items() if measures == dimension)
    pattern = rf"^\s*\+?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\s*({units})?\s*$|\$\{{"
    return WithJsonSchema({"anyOf": [{"type": "number", **limits}, {"type": "string", "pattern": pattern}]})


Seconds = Annotated[
    float, Field(gt=0, allow_inf_nan=False), BeforeValidator(seconds), _schema("time", exclusiveMinimum=0)
]
"""A positive duration in seconds."""

SecondsOrZero = Annotated[float, Field(ge=0, allow_inf_nan=False), BeforeValidator(seconds), _schema("time", minimum=0)]
"""A duration in seconds that may be zero."""

Percent = Annotated[float, Field(ge=0, allow_inf_nan=False), BeforeValidator(percent), _schema("share", minimum=0)]
"""A percentage, 5 meaning 5 %."""
