"""The result as Markdown for job summaries and comments; tables first, everything else folded away."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence

from perfreg.model.result import Result
from perfreg.report import words
from perfreg.report.bar import bar, legend
from perfreg.report.chart import Axis, axis_of
from perfreg.report.escape import html_pre, inert, markdown_code, markdown_text
from perfreg.report.format import ReportFile, ReportFormat
from perfreg.report.notice import Group, Notice
from perfreg.report.plan import PlanPair
from perfreg.report.row import Row
from perfreg.report.versus import NOISE_TITLE, Versus
from perfreg.report.view import View, view

_MOODS = {
    "broken": "❌ **Broken run**",
    "fail": "❌ **Performance gate failed**",
    "warn": "⚠️ **Performance gate passed with warnings**",
    "pass": "✅ **Performance gate passed**",
}
_COLUMNS = "| metric | base | head | change | interval | verdict | severity |"
_PAIRED_COLUMNS = "| metric | base | head | change | interval | {scale} | verdict |"
_RULE = "|---|--:|--:|--:|---|---|---|"
_NAMES_SHOWN = 12


def render(result: Result) -> str:
    """The result as GitHub-flavoured Markdown, ending in a newline."""
    return inert("\n".join(_lines(view(result))).rstrip("\n") + "\n")


def _lines(said: View) -> Iterator[str]:
    headline = said.headline
    lead = f"{headline.lead}:" if headline.subject else headline.lead
    parts = (lead, markdown_code(headline.subject), markdown_text(headline.value), headline.detail)
    yield f"{_MOODS[said.mood]}: {' '.join(part for part in parts if part)}"
    yield ""
    if said.sides:
        yield from (f"- {label}: {markdown_text(text)}" for label, text in said.sides)
        yield ""
    moved = [row for row in said.rows if row.moved]
    if moved:
        yield from _table(moved, said)
    for notice in said.notices:
        yield from _notice(notice)
    for row in said.rows:
        if row.plan is not None:
            yield from _plans(row.name, row.plan)
    for shift in said.shifts:
        yield f"**Lasting change** of {markdown_code(shift.name)}: {markdown_text(shift.sentence)}"
        yield ""
        if shift.commits:
            yield from (f"- {markdown_text(commit)}" for commit in shift.commits)
            yield ""
    yield from _gate(said)
    yield from _about(said)
    if len(moved) < len(said.rows):
        yield from _folded(f"All {words.count(len(said.rows), 'metric')}", _table(said.rows, said))
    if said.versus is not None and said.versus.noise:
        yield from _folded(NOISE_TITLE, _noise(said.versus))
    yield from _folded("Why", _reasons(said.rows))


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


def _noise(versus: Versus) -> Iterator[str]:
    yield from (f"- {markdown_code(line.name)}: {line.sentence}" for line in versus.noise)
    yield ""


def _reasons(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        if row.reason:
            details = ", ".join(part for part in (row.direction, row.method, row.baseline) if part)
            yield f"- {markdown_code(row.name)}: {markdown_text(row.reason)} ({markdown_text(details)})"
    yield ""


def _notice(notice: Notice) -> Iterator[str]:
    yield f"**{notice.word}**: {notice.title}. {markdown_text(notice.remedy)}".rstrip()
    yield ""
    for group in notice.groups:
        yield from _group(group)
    yield ""


def _group(group: Group) -> Iterator[str]:
    names = ", ".join(markdown_code(name) for name in group.names[:_NAMES_SHOWN])
    more = f" and {len(group.names) - _NAMES_SHOWN:,} more" if len(group.names) > _NAMES_SHOWN else ""
    first, *rest = group.reason or ("",)
    yield f"- {names}{more}: {markdown_text(first)}" if first else f"- {names}{more}"
    if rest:
        yield f"  {html_pre(rest)}"


def _plans(name: str, plan: PlanPair) -> Iterator[str]:
    marked = [("! " if line.differs else "  ", line) for line in plan.lines]
    base = html_pre(mark + line.base for mark, line in marked if line.base is not None)
    head = html_pre(mark + line.head for mark, line in marked if line.head is not None)
    yield f"The plan of {markdown_code(name)} has changed{' (longer than shown)' if plan.cut else ''}:"
    yield ""
    yield f"<table><tr><th>base</th><th>head</th></tr><tr><td>{base}</td><td>{head}</td></tr></table>"
    yield ""


def _gate(said: View) -> Iterator[str]:
    yield f"Gate: **{said.gate}**"
    yield ""
    yield from (f"- {markdown_text(reason)}" for reason in said.gate_reasons)
    yield ""


def _about(said: View) -> Iterator[str]:
    yield "This run:"
    yield ""
    for scenario, sentence in said.warnings:
        yield f"- Warning: {markdown_code(scenario)}: {markdown_text(sentence)}"
    yield from (f"- {label}: {markdown_text(text)}" for label, text in said.facts)
    if said.versus is not None and said.versus.repeat:
        yield f"- Repeat: {markdown_code(said.versus.repeat)}"
    yield from (f"- Note: {markdown_text(note)}" for note in said.notes)
    yield ""


def _folded(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"<details><summary>{html.escape(title)}</summary>"
    yield ""
    yield from lines
    yield "</details>"
    yield ""


def _files(result: Result) -> tuple[ReportFile, ...]:
    return (ReportFile(name="report.md", content=render(result).encode("utf-8", "replace")),)


FORMAT = ReportFormat(name="markdown", summary="for job summaries and comments", file_name="report.md", render=_files)
