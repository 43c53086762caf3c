"""The result as Markdown for job summaries and comments; tables first, everything else folded away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from perfreg.model.result import Result
from perfreg.report import comment_lines
from perfreg.report import markdown_parts as parts
from perfreg.report.bar import bar, legend
from perfreg.report.chart import Axis, axis_of
from perfreg.report.comment_lines import Part
from perfreg.report.escape import inert, markdown_code, markdown_text
from perfreg.report.format import ReportFile, ReportFormat
from perfreg.report.row import Row
from perfreg.report.versus import NOISE_TITLE
from perfreg.report.view import View, view

_COLUMNS = "| metric | base | head | change | interval | verdict | severity |"
_PAIRED_COLUMNS = "| metric | base | head | change | interval | {scale} | verdict |"
_RULE = "|---|--:|--:|--:|---|---|---|"


def render(result: Result) -> str:
    """The result as GitHub-flavoured Markdown, ending in a newline."""
    return inert("\n".join(_lines(result, view(result))).rstrip("\n") + "\n")


def _lines(result: Result, said: View) -> Iterator[str]:
    yield parts.verdict(said.mood, said.headline)
    yield ""
    if said.sides:
        yield from (f"- {label}: {markdown_text(text)}" for label, text in said.sides)
        yield ""
    moved = [row for row in said.rows if row.moved]
    if moved:
        yield from _table(moved, said)
    for notice in said.notices:
        yield from parts.notice(notice)
    for row in said.rows:
        if row.plan is not None:
            yield from parts.plans(row.name, row.plan)
    yield from parts.shifts(said.shifts)
    yield from _gate(said)
    yield from _next(Part(name="", result=result, said=said))
    yield from _about(said)
    if len(moved) < len(said.rows):
        yield from parts.folded(parts.all_of(len(said.rows)), _table(said.rows, said))
    if said.versus is not None and said.versus.noise:
        yield from parts.folded(NOISE_TITLE, (*parts.bullets(parts.noise(said.versus)), ""))
    yield from parts.folded("Why", (*parts.bullets(parts.reasons(said.rows)), ""))


def _table(rows: Sequence[Row], said: View) -> Iterator[str]:
    """Rows as a table; the last columns are verdict and severity, or a picture and both of these."""
    spans = [row.span for row in rows if row.span]
    axis = axis_of(spans) if said.versus is not None and spans else None
    yield _COLUMNS if axis is None else _PAIRED_COLUMNS.format(scale=markdown_code(legend(axis)))
    yield _RULE
    for row in rows:
        change = f"**{row.change}**" if row.status == "regression" and row.span else row.change
        numbers = (markdown_text(row.base, cell=True), markdown_text(row.head, cell=True), change, row.interval)
        cells = (markdown_code(row.name, cell=True), *numbers, *_closing(row, axis))
        yield f"| {' | '.join(cells)} |"
    yield ""


def _closing(row: Row, axis: Axis | None) -> tuple[str, str]:
    if axis is not None:
        return markdown_code(bar(row.span, axis), cell=True) if row.span else "", row.verdict
    return f"{row.word}, accepted" if row.accepted else row.word, row.severity or ""


def _gate(said: View) -> Iterator[str]:
    yield f"Gate: **{said.gate}**"
    yield ""
    yield from (f"- {markdown_text(reason)}" for reason in said.gate_reasons)
    yield ""


def _next(part: Part) -> Iterator[str]:
    """What to do now."""
    for lines in (tuple(comment_lines.recommended((part,))), tuple(comment_lines.acceptance((part,)))):
        yield from (*lines, "") if lines else ()


def _about(said: View) -> Iterator[str]:
    yield "This run:"
    yield ""
    for scenario, sentence in said.warnings:
        yield f"- Warning: {markdown_code(scenario)}: {markdown_text(sentence)}"
    yield from (f"- {label}: {markdown_text(text)}" for label, text in said.facts)
    if said.versus is not None and said.versus.repeat and not any(row.moved for row in said.rows):
        yield f"- Repeat: {markdown_code(said.versus.repeat)}"
    yield from (f"- Note: {markdown_text(note)}" for note in said.notes)
    yield ""


def _files(result: Result) -> tuple[ReportFile, ...]:
    return (ReportFile(name="report.md", content=render(result).encode("utf-8", "replace")),)


FORMAT = ReportFormat(name="markdown", summary="for job summaries and comments", file_name="report.md", render=_files)
