"""The result on a terminal or in a CI log: what matters, and nothing that a log would take for a command."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING

from perfreg.model.result import Result
from perfreg.report import words
from perfreg.report.console_tables import noise, plans, rows_of
from perfreg.report.console_text import STYLES, assembled, indented, item
from perfreg.report.escape import inert
from perfreg.report.format import ReportFile, ReportFormat
from perfreg.report.notice import Notice
from perfreg.report.shift import ShiftRow
from perfreg.report.view import View, view

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_MOODS = {
    "broken": ("BROKEN", "bold white on red"),
    "fail": ("FAIL", "bold white on red"),
    "warn": ("WARN", "bold black on yellow"),
    "pass": ("PASS", "bold white on blue"),
}
_NAMES_SHOWN = 12
_SIDE_BY_SIDE = 100
_NARROWEST = 40


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
    yield assembled((f" {label} ", style), f" {said.headline.sentence}")
    for label, text in said.sides:
        yield assembled((label.lower(), "bold"), f": {text}")
    yield ""
    for notice in said.notices:
        if notice.status == "broken":
            yield from _notice(notice)
    yield from _verdicts(said, width, verbose=verbose)
    if said.versus is not None and said.versus.noise:
        yield from noise(said.versus, width, verbose=verbose)
        yield ""
    for row in said.rows:
        if row.plan is not None:
            yield assembled((f"{row.name}: the plan has changed", "bold"))
            yield plans(row.plan, side_by_side=width >= _SIDE_BY_SIDE)
            yield ""
    for notice in said.notices:
        if notice.status not in ("broken", "inconclusive"):
            yield from _notice(notice)
    for shift in said.shifts:
        yield from _shift(shift)
    yield from _footer(said)


def _verdicts(said: View, width: int, *, verbose: bool) -> Iterator[RenderableType]:
    itself = said.versus is not None and said.versus.is_self
    quiet = {"unchanged", "inconclusive"} if itself else {"unchanged"}
    calm = "without a difference" if itself else "unchanged"
    listed = [row for row in said.rows if row.status != "broken" and (verbose or row.status not in quiet)]
    yield from rows_of(listed, width, paired=said.versus is not None, verbose=verbose)
    hidden = sum(row.status in quiet for row in said.rows)
    if hidden and not verbose:
        yield indented(f"{words.count(hidden, 'metric')} {calm}", 2, "dim")
    if said.rows:
        yield ""


def _notice(notice: Notice) -> Iterator[RenderableType]:
    yield assembled((notice.word, STYLES[notice.status]), f": {notice.title}")
    for group in notice.groups:
        names = ", ".join(group.names[:_NAMES_SHOWN])
        more = f" and {len(group.names) - _NAMES_SHOWN:,} more" if len(group.names) > _NAMES_SHOWN else ""
        first, *rest = group.reason or ("",)
        yield indented(f"{names}{more}: {first}" if first else f"{names}{more}", 2)
        for line in rest:
            yield indented(line, 4)
    if notice.remedy:
        yield indented(notice.remedy, 2)
    yield ""


def _shift(shift: ShiftRow) -> Iterator[RenderableType]:
    yield assembled(("lasting change", "yellow" if shift.worse else "cyan"), f": {shift.name}: {shift.sentence}")
    for commit in shift.commits:
        yield item(commit)
    yield ""


def _footer(said: View) -> Iterator[RenderableType]:
    for name, sentence in said.warnings:
        yield assembled(("warning", "yellow"), f": {name}: {sentence}")
    for label, text in said.facts:
        yield assembled((label.lower(), "bold"), f": {text}")
    if said.versus is not None and said.versus.repeat:
        yield assembled(("repeat", "bold"), f": {said.versus.repeat}")
    for note in said.notes:
        yield assembled(("note", "bold"), f": {note}")
    style = {"pass": "bold blue", "warn": "bold yellow", "fail": "bold red"}[said.gate]
    yield assembled(("gate: ", "bold"), (said.gate.upper(), style))
    for reason in said.gate_reasons:
        yield item(reason)


def _files(result: Result) -> tuple[ReportFile, ...]:
    return (ReportFile(name="report.txt", content=render(result).encode("utf-8", "replace")),)


FORMAT = ReportFormat(
    name="console", summary="plain text, as printed at the end of a run", file_name="report.txt", render=_files
)
