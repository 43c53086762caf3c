"""Runs and events as lines of the exchange form, checked strictly on the way in.

A run's measurements are written as columns without names, and continuous figures with six significant digits: no
clock is better than that, and a store of a million figures is a third of the size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from perfreg.errors import StoreError
from perfreg.model.event import Event
from perfreg.model.run import Measurement, Run
from perfreg.store.exchange import Line, canonical

if TYPE_CHECKING:
    from pydantic import TypeAdapter

VERSION = 1

_COLUMNS = tuple(field.name for field in fields(Measurement))
_FIGURES = frozenset({"value", "mean", "std", "min", "max", "p50", "p90", "p95", "p99", "std_error"})

Record = TypeVar("Record", Run, Event)


def encode_run(run: Run) -> str:
    """The run as one canonical line. Raises ``ValueError`` for figures that are not finite."""
    document: dict[str, Any] = _runs().dump_python((replace(run, measurements=()),), mode="json")[0]
    document["measurements"] = [_row(each) for each in run.measurements]
    return canonical({"id": run.id, "kind": "run", "v": VERSION, "data": document})


def encode_event(event: Event) -> str:
    """The event as one canonical line."""
    document = _events().dump_python((event,), mode="json")[0]
    return canonical({"id": event.id, "kind": "event", "v": VERSION, "data": document})


def decode_run(line: Line) -> Run:
    """The run that `encode_run` wrote. Raises `StoreError` naming the line when it is not one."""
    document = _document(line)
    rows = document.get("measurements")
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) <= len(_COLUMNS) for row in rows):
        raise StoreError("not a run: its measurements are not rows", where=line.where)
    document["measurements"] = tuple(dict(zip(_COLUMNS, row, strict=False)) for row in rows)
    return _checked(_runs(), document, line)


def decode_event(line: Line) -> Event:
    """The event that `encode_event` wrote. Raises `StoreError` naming the line when it is not one."""
    return _checked(_events(), _document(line), line)


def _row(measurement: Measurement) -> list[Any]:
    rounded = measurement.nature != "exact"
    row: list[Any] = [
        float(f"{value:.6g}") if rounded and name in _FIGURES and value is not None else value
        for name, value in zip(_COLUMNS, astuple(measurement), strict=True)
    ]
    while row[-1] in (None, ""):
        row.pop()
    return row


def _document(line: Line) -> dict[str, Any]:
    data = line.data.get("data")
    if not isinstance(data, dict):
        raise StoreError(f"not a {line.kind}: it has no data", where=line.where)
    return dict(data)


def _checked(check: TypeAdapter[tuple[Record]], document: Mapping[str, Any], line: Line) -> Record:
    from pydantic import ValidationError

    try:
        (record,) = check.validate_python((document,))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(map(str, first["loc"][1:]))
        raise StoreError(f"not a {line.kind}: {path}: {first['msg']}", where=line.where) from error
    if record.id != line.id:
        raise StoreError(f"not a {line.kind}: its id is not that of its line", where=line.where)
    return record


# A tuple of one record: only so can pydantic be told to refuse the unknown fields of a plain dataclass.
@cache
def _runs() -> TypeAdapter[tuple[Run]]:
    from pydantic import ConfigDict, TypeAdapter

    return TypeAdapter(tuple[Run], config=ConfigDict(extra="forbid", allow_inf_nan=False))


@cache
def _events() -> TypeAdapter[tuple[Event]]:
    from pydantic import ConfigDict, TypeAdapter

    return TypeAdapter(tuple[Event], config=ConfigDict(extra="forbid", allow_inf_nan=False))
