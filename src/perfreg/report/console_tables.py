"""The tables of the terminal: verdicts with their changes, plans side by side, and what a session could see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from perfreg.report import words
from perfreg.report.bar import bar, legend
from perfreg.report.chart import axis_of
from perfreg.report.console_text import STYLES, assembled, indented
from perfreg.report.plan import PlanPair
from perfreg.report.row import Row
from perfreg.report.versus import NOISE_HEADER, NOISE_TITLE, Versus

if TYPE_CHECKING:
    from rich.console import RenderableType

_NARROWEST_NAME = 24
_NOISE_SHOWN = 12
_NOISE_TABLE = 100
_HEADER = ("metric", "base", "head", "change", "interval", "verdict")


def rows_of(rows: Sequence[Row], width: int, *, paired: bool, verbose: bool) -> Iterator[RenderableType]:
    """A table with as much room for names as there is, or blocks of lines where the numbers alone fill a line.

    A ``paired`` comparison gets a picture of each interval, if that leaves room, and a reason for each change.
    """
    from rich.cells import cell_len, set_cell_size

    table = _table(rows)
    sizes, room = _layout(table, width)
    if paired and any(row.span for row in rows):
        drawn = _drawn(table, rows)
        if _layout(drawn, width)[1] >= _NARROWEST_NAME:
            table = drawn
            sizes, room = _layout(table, width)
    explained = ("inconclusive", "regression", "improvement") if paired else ("inconclusive",)
    for index, (name, *numbers, verdict) in enumerate(table):
        style = STYLES[rows[index - 1].status] if index else "bold"
        if room >= _NARROWEST_NAME:
            fits = cell_len(name) <= room
            if not fits:
                yield indented(name, 2)
            columns = (name if fits else "", *numbers)
            padded = map(set_cell_size, columns, (min(room, sizes[0]), *sizes[1:]))
            yield assembled("  " + "  ".join(padded) + "  ", (verdict, style))
        elif index:
            yield indented(f"{verdict}  {name}", 2, style)
            yield indented("  ".join(each for each in (f"{numbers[0]} -> {numbers[1]}", *numbers[2:]) if each), 6)
        if index and (verbose or rows[index - 1].status in explained):
            yield from _why(rows[index - 1], verbose=verbose)


def _table(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    if not rows:
        return []
    return [_HEADER, *((row.name, row.base, row.head, row.change, row.interval, row.verdict) for row in rows)]


def _drawn(table: Sequence[tuple[str, ...]], rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """The table with a picture before each verdict, all on one scale."""
    axis = axis_of(row.span for row in rows if row.span)
    pictures = (legend(axis), *(bar(row.span, axis) if row.span else "" for row in rows))
    return [(*cells[:-1], picture, cells[-1]) for cells, picture in zip(table, pictures, strict=False)]


def _layout(table: Sequence[tuple[str, ...]], width: int) -> tuple[list[int], int]:
    """How wide each column is, and how many columns are left for names."""
    from rich.cells import cell_len

    sizes = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    return sizes, width - sum(sizes[1:]) - 2 * len(sizes)


def _why(row: Row, *, verbose: bool) -> Iterator[RenderableType]:
    details = (row.direction, row.method, row.baseline) if verbose else ()
    told = "; ".join(part for part in (row.reason, *details) if part)
    if told:
        yield indented(told, 6, "dim")


def noise(versus: Versus, width: int, *, verbose: bool) -> Iterator[RenderableType]:
    """How small a change of each metric the session could see: a table, or a sentence each where that has no room."""
    from rich.table import Table

    lines = versus.noise if verbose or versus.is_self else versus.noise[:_NOISE_SHOWN]
    yield assembled((NOISE_TITLE, "bold"), ":")
    if width < _NOISE_TABLE:
        yield from (indented(f"{line.name}: {line.sentence}", 2) for line in lines)
    else:
        table = Table.grid(padding=(0, 2))
        table.add_column(overflow="fold")
        table.add_row(*(assembled((title, "bold")) for title in ("  metric", *NOISE_HEADER)))
        for line in lines:
            style = "yellow" if line.differs else ""
            table.add_row(assembled(f"  {line.name}"), *(assembled((cell, style)) for cell in line.cells))
        yield table
    if len(lines) < len(versus.noise):
        yield indented(f"and {words.count(len(versus.noise) - len(lines), 'more metric')}", 2, "dim")


def plans(plan: PlanPair, *, side_by_side: bool) -> RenderableType:
    """Both plans beside each other, or their lines with the marks of a diff."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=3)
    table.add_column(overflow="fold", ratio=1)
    if side_by_side:
        table.add_column(overflow="fold", ratio=1)
        table.add_row("", Text("base", "underline"), Text("head", "underline"))
    for line in plan.lines:
        style = "yellow" if line.differs else ""
        if side_by_side:
            table.add_row("  !" if line.differs else "", Text(line.base or "", style), Text(line.head or "", style))
        elif line.differs:
            for mark, text in (("  -", line.base), ("  +", line.head)):
                if text is not None:
                    table.add_row(mark, Text(text, style))
        else:
            table.add_row("", Text(line.base or ""))
    if plan.cut:
        table.add_row("", Text("(longer than shown)"))
    return table
