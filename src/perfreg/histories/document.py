"""Foreign JSON, looked at with suspicion: what is malformed is an `InputError` that names file and place."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from perfreg.errors import InputError
from perfreg.histories.names import fitted, one_line

_DIGITS = 400  # more than any float has; beyond it int() is slow or refuses
_NUMBER = re.compile(r"\s*[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?\s*")


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _DIGITS else math.inf


_DECODER = json.JSONDecoder(parse_int=_whole)
_START = re.compile(r"\s*")
_END = re.compile(r"\s*;?\s*")


def parse(text: str, where: str, *, prefix: re.Pattern[str] = _START) -> Any:
    """The JSON document that stands behind ``prefix`` and fills the rest of ``text``, with or without a semicolon."""
    start = prefix.match(text)
    if start is None:
        raise InputError("does not start as it should", where=where)
    try:
        value, end = _DECODER.raw_decode(text, start.end())
    except json.JSONDecodeError as error:
        problem = error.msg[:1].lower() + error.msg[1:].removesuffix(" at")
        place = f"{where}:{error.lineno}"
        raise InputError(f"is not JSON: {problem} in column {error.colno}", where=place) from error
    except RecursionError as error:
        raise InputError("is nested too deeply", where=where) from error
    rest = _END.sub("", text[end:], count=1)
    if rest:
        line = text.count("\n", 0, len(text) - len(rest)) + 1
        raise InputError("goes on behind the end of the JSON document", where=f"{where}:{line}")
    return value


def mapping(value: object, where: str, *path: str | int) -> dict[str, Any]:
    """``value`` when it is an object; ``path`` says where in the document it stands."""
    if not isinstance(value, dict):
        raise InputError(f"{_written(path)} is not an object", where=where)
    return value


def sequence(value: object, where: str, *path: str | int) -> list[Any]:
    """``value`` when it is a list; ``path`` says where in the document it stands."""
    if not isinstance(value, list):
        raise InputError(f"{_written(path)} is not a list", where=where)
    return value


def _written(path: Sequence[str | int]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{fitted(step)}" for step in path)
    return "".join(steps).removeprefix(".") or "the document"


def part(value: object, key: str) -> dict[str, Any]:
    """The object under ``key``, empty where there is none: for what may be missing."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def number(value: object) -> float | None:
    """A finite number, written as such or as text; None for anything else."""
    if isinstance(value, str) and len(value) <= _DIGITS and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def text(value: object) -> str:
    """One line of printable text from text or a number; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return one_line(str(value))


def label(value: object) -> str:
    """`text` of at most 200 characters."""
    return fitted(found) if (found := text(value)) else ""
