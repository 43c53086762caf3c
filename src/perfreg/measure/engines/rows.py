"""Rows of values for requests, from CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

from perfreg.errors import InputError

MAX_BYTES = 64 * 1024 * 1024
_FORMS = "a CSV file with a line of names, or a JSON list of objects"

Row = Mapping[str, str]


def read(path: Path, where: str) -> tuple[Row, ...]:
    """The rows of a file. Raises `InputError` when it cannot be read or is neither CSV nor JSON."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path} is larger than {MAX_BYTES // 1024**2} MB", where=where)
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}", where=where, hint=f"give {_FORMS}") from error
    found = _json(text, path, where) if path.suffix.lower() == ".json" else _csv(text, path, where)
    if not found:
        raise InputError(f"{path} has no rows", where=where, hint=f"give {_FORMS}")
    return found


def plain(rows: Sequence[Mapping[str, object]]) -> tuple[Row, ...]:
    """Rows as texts, as they are put into requests."""
    return tuple({str(name): as_text(value) for name, value in row.items()} for row in rows)


def as_text(value: object) -> str:
    """A value as it is put into a request: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def endlessly(rows: Sequence[Row], seed: object) -> Iterator[Row]:
    """All rows in an order that the ``seed`` repeats, again and again."""
    order = list(rows)
    Random(str(seed)).shuffle(order)  # noqa: S311 - no secret hangs on it
    while True:
        yield from order


def _csv(text: str, path: Path, where: str) -> tuple[Row, ...]:
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        found = tuple(dict(row) for row in reader)
    except csv.Error as error:
        raise InputError(f"{path} is no CSV: {error}", where=where, hint=f"give {_FORMS}") from error
    for number, row in enumerate(found, start=1):
        if None in row or None in row.values():
            raise InputError(f"row {number} of {path} has not as many values as there are names", where=where)
    return found


def _json(text: str, path: Path, where: str) -> tuple[Row, ...]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InputError(f"{path} is no JSON: {error}", where=where, hint=f"give {_FORMS}") from error
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise InputError(f"{path} is no list of objects", where=where, hint=f"give {_FORMS}")
    return plain(found)
