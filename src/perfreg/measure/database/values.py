"""Values that are bound to the ``:name`` of a statement: constants, and rows of which every passage takes one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeGuard

from perfreg.errors import InputError, MeasureError
from perfreg.measure.engines import rows

Value = bool | int | float | str | None
Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bindings:
    """What is bound, passage by passage: ``rows`` in their order, again and again."""

    rows: tuple[Values, ...] = ({},)

    def at(self, number: int) -> Values:
        """What the passage of that number binds."""
        return self.rows[number % len(self.rows)]

    @property
    def vary(self) -> bool:
        """Whether passages do not all bind the same."""
        return len(self.rows) > 1

    @property
    def are_any(self) -> bool:
        """Whether anything is bound at all."""
        return bool(self.rows[0])

    def check(self, names: Iterable[str], where: str) -> None:
        """Raise `MeasureError` unless every row has a value for each of ``names``."""
        for name in names:
            for number, row in enumerate(self.rows, start=1):
                if name not in row:
                    place = f" in row {number} of the data" if self.vary else ""
                    hint = f"add it to 'parameters' or 'data', or write \\:{name} where it is no value"
                    raise MeasureError(f"there is no value for {name!r}{place}", where=where, hint=hint)


def bindings(constants: Values, data: Sequence[Values], seed: int) -> Bindings:
    """The rows of ``data`` in an order that the ``seed`` repeats; a row's own value wins over a constant."""
    order = [{**constants, **row} for row in data] or [dict(constants)]
    Random(str(seed)).shuffle(order)  # noqa: S311 - no secret hangs on it
    return Bindings(rows=tuple(order))


def read(path: Path, where: str) -> tuple[Values, ...]:
    """The rows of a file: JSON keeps the types of its values, those of CSV are texts.

    Raises `InputError` when it cannot be read or has in it what cannot be bound.
    """
    as_text = rows.read(path, where)  # tells what is wrong with the file, if anything is
    if path.suffix.lower() != ".json":
        return as_text
    found = []
    for number, row in enumerate(json.loads(path.read_text(encoding="utf-8-sig")), start=1):
        for name, value in row.items():
            if not _can_be_bound(value):
                raise InputError(f"{name!r} in row {number} of {path} is neither a text nor a number", where=where)
        found.append(row)
    return tuple(found)


def _can_be_bound(value: object) -> TypeGuard[Value]:
    return value is None or isinstance(value, bool | int | float | str)
