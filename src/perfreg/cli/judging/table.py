"""Tables of numbers that somebody measured: CSV files with a header, read row by row."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from operator import itemgetter
from pathlib import Path
from typing import TextIO, final

from perfreg.config.suggest import did_you_mean
from perfreg.errors import InputError

_LONGEST_FIELD = 10_000

_AT_ONCE = 200
"""Rows that are read together: as many as stay near the processor."""

_LINE_END = re.compile(r"\r\n|\r|\n")


@final
class Table:
    """A CSV file opened for reading; a context manager."""

    def __init__(self, path: Path, *, required: Sequence[str], optional: Sequence[str] = ()) -> None:
        """Open ``path`` and read its header. Raises `InputError` when a required column is missing."""
        self.path = path
        self._columns = (*required, *optional)
        self._required = required
        self._file = self._open()
        try:
            csv.field_size_limit(_LONGEST_FIELD)
            self._reader = csv.reader(self._file)
            self._places = self._header()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def has(self, column: str) -> bool:
        """Whether the file has this column."""
        return column in self._places

    def rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Line number and fields of each row, in the order of the columns asked for; missing ones are empty.

        Raises `InputError` for what is no CSV.
        """
        for lines, columns in self.chunks():
            yield from zip(lines, zip(*columns, strict=True), strict=True)

    def chunks(self) -> Iterator[tuple[Sequence[int], Sequence[Sequence[str]]]]:
        """As `rows`, but many rows at a time, since a million leave no time for each: line numbers, and the columns."""
        places = [self._places.get(column, -1) for column in self._columns]
        fewest = max(self._places[column] for column in self._required) + 1
        problem: InputError | None = None
        while problem is None:
            start = self._reader.line_num
            rows: list[list[str]] = []
            try:
                rows.extend(islice(self._reader, _AT_ONCE))  # what comes before an error stays
            except (csv.Error, UnicodeDecodeError) as error:
                problem = self.wrong(self._reader.line_num + 1, f"is no CSV: {error}")
                problem.__cause__ = error
            else:
                if not rows:
                    return
            lines = _lines(start, self._reader.line_num, rows)
            if min(map(len, rows), default=0) <= max(places):
                lines, rows, short = self._padded(lines, rows, (fewest, max(places) + 1))
                problem = short or problem
            if rows:
                missing = [""] * len(rows)
                yield lines, [list(map(itemgetter(at), rows)) if at >= 0 else missing for at in places]
        raise problem

    def _padded(
        self, lines: Sequence[int], rows: Sequence[list[str]], between: tuple[int, int]
    ) -> tuple[list[int], list[list[str]], InputError | None]:
        """Rows without empty ones, as wide as the header; up to the first with too few fields, and what is wrong."""
        fewest, widest = between
        kept: list[int] = []
        wide: list[list[str]] = []
        for line, row in zip(lines, rows, strict=True):
            if not row:
                continue
            if len(row) < fewest:
                return kept, wide, self.wrong(line, f"has {len(row)} fields, the header needs {fewest}")
            kept.append(line)
            wide.append(row + [""] * (widest - len(row)))
        return kept, wide, None

    def number(self, line: int, column: str, text: str) -> float:
        """``text`` as a number; an empty field, ``nan`` and infinities are numbers that were not measured (NaN).

        Raises `InputError` for anything else.
        """
        try:
            value = float(text) if text.strip() else math.nan
        except ValueError:
            raise self.wrong(line, f"{column} is {text[:40]!r} and no number") from None
        return value if math.isfinite(value) else math.nan

    def wrong(self, line: int, what: str) -> InputError:
        """The error for a line of this file."""
        return InputError(what, where=f"{self.path}:{line}", hint=f"columns: {', '.join(self._columns)}")

    def _open(self) -> TextIO:
        try:
            return self.path.open(encoding="utf-8-sig", newline="")
        except OSError as error:
            what = error.strerror or str(error)
            raise InputError(f"cannot be read: {what}", where=str(self.path), hint="name a CSV file") from error

    def _header(self) -> dict[str, int]:
        try:
            names = [name.strip() for name in next(self._reader, [])]
        except (csv.Error, UnicodeDecodeError) as error:
            raise self.wrong(1, f"is no CSV: {error}") from error
        for column in self._required:
            if column not in names:
                near = did_you_mean(column, names)
                hint = near if near and names else f"the first line must name the columns {', '.join(self._required)}"
                raise InputError(f"has no column {column!r}", where=f"{self.path}:1", hint=hint)
        return {name: names.index(name) for name in self._columns if name in names}


def _lines(before: int, after: int, rows: Sequence[Sequence[str]]) -> Sequence[int]:
    """The last line of each row that was read between two line numbers."""
    if after - before == len(rows):
        return range(before + 1, after + 1)
    heights = (1 + sum(len(_LINE_END.findall(field)) for field in row) for row in rows)
    return list(accumulate(heights, initial=before))[1:]
