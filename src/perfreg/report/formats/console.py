"""The result on a terminal or in a CI log: what matters, and nothing that a log would take for a command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from perfreg.model.result import Result
from perfreg.report import words
from perfreg.report.escape import inert
from perfreg.report.format import ReportFile, ReportFormat
from perfreg.report.notice import Notice
from perfreg.report.plan import PlanPair
from perfreg.report.row import Row
from perfreg.report.view import View, view

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_STYLES = {
    "regression": "bold red",
    "broken": "bold red",
    "inconclusive": "yellow",
    "environment_mismatch": "magenta",
    "no_baseline": "magenta",
    "improvement": "cyan",
    "unchanged": "dim",
}
_MOODS = {
    "broken": ("BROKEN", "bold white on red"),
    "fail": ("FAIL", "bold white on red"),
    "warn": ("WARN", "bold black on yellow"),
    "pass": ("PASS", "bold white on blue"),
}
_NAMES_SHOWN = 12
_SIDE_BY_SIDE = 100
_NARROWEST = 40
_NARROWEST_NAME = 24
_HEADER = ("metric", "base", "head", "change", "interval", "verdict")


def render(result: Result, *, width: int = 100, color: bool = False, verbose: bool = False) -> str:
    """The result as text of at most ``width`` columns (40 at least), ending in a newline.

    ``color`` adds ANSI colours. ``verbose`` lists unchanged metrics too, and says of every verdict how it was found.
    """
    buffer = StringIO()
    console = _console(buffer, max(width, _NARROWEST), color=color)
    for block in _blocks(view(result), console.width, verbose=verbose):
        console.print(block)
    lines = (line.rstrip() for line in buffer.getvalue().split("\n"))
    return inert("\n".join(lines).strip("\n") + "\n")


def _console(buffer: StringIO, width: int, *, color: bool) -> Console:
    from rich.console import Console

    return Console(
        file=buffer,
        width=width,
        height=100,
        force_terminal=color,
        color_system="standard" if color else None,
        force_jupyter=False,
        force_interactive=False,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )


def _blocks(said: View, width: int, *, verbose: bool) -> Iterator[RenderableType]:
    label, style = _MOODS[said.mood]
    yield _line((f" {label} ", style), f" {said.headline.sentence}")
    yield ""
    for notice in said.notices:
        if notice.status == "broken":
            yield from _notice(notice)
    listed = [row for row in said.rows if row.status != "broken" and (verbose or row.status != "unchanged")]
    yield from _rows(listed, width, verbose=verbose)
    if said.count("unchanged") and not verbose:
        yield _indented(f"{words.count(said.count('unchanged'), 'metric')} unchanged", 2, "dim")
    if said.rows:
        yield ""
    for row in said.rows:
        if row.plan is not None:
            yield _line((f"{row.name}: the plan has changed", "bold"))
            yield _plans(row.plan, side_by_side=width >= _SIDE_BY_SIDE)
            yield ""
    for notice in said.notices:
        if notice.status not in ("broken", "inconclusive"):
            yield from _notice(notice)
    yield from _footer(said)


def _line(*parts: str | tuple[str, str]) -> RenderableType:
    from rich.text import Text

    return Text.assemble(*parts, overflow="fold")


def _indented(text: str, columns: int, style: str = "") -> RenderableType:
    from rich.padding import Padding

    return Padding(_line((text, style)), (0, 0, 0, columns))


def _item(text: str) -> RenderableType:
    from rich.table import Table

    grid = Table.grid(padding=(0, 1))
    grid.add_row("  -", _line(text))
    return grid


def _rows(rows: Sequence[Row], width: int, *, verbose: bool) -> Iterator[RenderableType]:
    """A table with as much room for names as there is, or blocks of lines where the numbers alone fill a line."""
    from rich.cells import cell_len, set_cell_size

    table = [_HEADER, *map(_cells, rows)] if rows else []
    sizes = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    room = width - sum(sizes[1:]) - 2 * len(sizes)
    for index, (name, *numbers, verdict) in enumerate(table):
        style = _STYLES[rows[index - 1].status] if index else "bold"
        if room >= _NARROWEST_NAME:
            fits = cell_len(name) <= room
            if not fits:
                yield _indented(name, 2)
            columns = (name if fits else "", *numbers)
            padded = map(set_cell_size, columns, (min(room, sizes[0]), *sizes[1:]))
            yield _line("  " + "  ".join(padded) + "  ", (verdict, style))
        elif index:
            yield _indented(f"{verdict}  {name}", 2, style)
            yield _indented("  ".join(each for each in (f"{numbers[0]} -> {numbers[1]}", *numbers[2:]) if each), 6)
        if index and (verbose or rows[index - 1].status == "inconclusive"):
            yield from _why(rows[index - 1], verbose=verbose)


def _cells(row: Row) -> tuple[str, ...]:
    return (row.name, row.base, row.head, row.change, row.interval, row.verdict)


def _why(row: Row, *, verbose: bool) -> Iterator[RenderableType]:
    details = (row.direction, row.method, row.baseline) if verbose else ()
    told = "; ".join(part for part in (row.reason, *details) if part)
    if told:
        yield _indented(told, 6, "dim")


def _plans(plan: PlanPair, *, side_by_side: bool) -> RenderableType:
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


def _notice(notice: Notice) -> Iterator[RenderableType]:
    yield _line((notice.status, _STYLES[notice.status]), f": {notice.title}")
    for group in notice.groups:
        names = ", ".join(group.names[:_NAMES_SHOWN])
        more = f" and {len(group.names) - _NAMES_SHOWN:,} more" if len(group.names) > _NAMES_SHOWN else ""
        first, *rest = group.reason or ("",)
        yield _indented(f"{names}{more}: {first}" if first else f"{names}{more}", 2)
        for line in rest:
            yield _indented(line, 4)
    if notice.remedy:
        yield _indented(notice.remedy, 2)
    yield ""


def _footer(said: View) -> Iterator[RenderableType]:
    for name, sentence in said.warnings:
        yield _line(("warning", "yellow"), f": {name}: {sentence}")
    for label, text in (("code", said.origin), ("baseline", said.baseline), ("environment", said.environment)):
        yield _line((label, "bold"), f": {text}")
    for note in said.notes:
        yield _line(("note", "bold"), f": {note}")
    style = {"pass": "bold blue", "warn": "bold yellow", "fail": "bold red"}[said.gate]
    yield _line(("gate: ", "bold"), (said.gate.upper(), style))
    for reason in said.gate_reasons:
        yield _item(reason)


def _files(result: Result) -> tuple[ReportFile, ...]:
    return (ReportFile(name="report.txt", content=render(result).encode("utf-8", "replace")),)


FORMAT = ReportFormat(
    name="console", summary="plain text, as printed at the end of a run", file_name="report.txt", render=_files
)
