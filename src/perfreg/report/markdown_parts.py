"""Pieces of Markdown that reports share; all foreign text in them is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence

from perfreg.report.escape import html_pre, markdown_code, markdown_text, visible
from perfreg.report.headline import Headline, Mood
from perfreg.report.notice import Group, Notice
from perfreg.report.plan import PlanPair
from perfreg.report.row import Row
from perfreg.report.shift import ShiftRow
from perfreg.report.versus import Versus

NAMES_SHOWN = 12

_MOODS = {
    "broken": "❌ **Broken run**",
    "fail": "❌ **Performance gate failed**",
    "warn": "⚠️ **Performance gate passed with warnings**",
    "pass": "✅ **Performance gate passed**",
}


def of(name: str) -> str:
    """What tells a verdict from others in the same place; nothing where it needs no ``name``."""
    return f" ({markdown_code(visible(name, 60))})" if name else ""


def verdict(mood: Mood, headline: Headline, name: str = "") -> str:
    """The whole result in one line."""
    lead = f"{headline.lead}:" if headline.subject else headline.lead
    parts = (lead, markdown_code(headline.subject), markdown_text(headline.value), headline.detail)
    return f"{_MOODS[mood]}{of(name)}: {' '.join(part for part in parts if part)}"


def noise(versus: Versus) -> Iterator[str]:
    """How small a change of each metric could be seen; metrics of which the same is to be said share a line."""
    together: dict[str, list[str]] = {}
    for line in versus.noise:
        together.setdefault(line.sentence, []).append(line.name)
    yield from (f"{some(names)}: {sentence}" for sentence, names in together.items())


def reasons(rows: Iterable[Row]) -> Iterator[str]:
    """Why each verdict is what it is."""
    for row in rows:
        if row.reason:
            details = ", ".join(part for part in (row.direction, row.method, row.baseline) if part)
            yield f"{markdown_code(row.name)}: {markdown_text(row.reason)} ({markdown_text(details)})"


def bullets(lines: Iterable[str], prefix: str = "") -> Iterator[str]:
    """Lines as a list."""
    yield from (f"- {prefix}{line}" for line in lines)


def notice(found: Notice) -> Iterator[str]:
    """A finding about many metrics."""
    yield f"**{found.word}**: {found.title}. {markdown_text(found.remedy)}".rstrip()
    yield ""
    for group in found.groups:
        yield from _group(group)
    yield ""


def _group(group: Group) -> Iterator[str]:
    names = some(group.names)
    first, *rest = group.reason or ("",)
    yield f"- {names}: {markdown_text(first)}" if first else f"- {names}"
    if rest:
        yield f"  {html_pre(rest)}"


def some(names: Sequence[str]) -> str:
    """The first of many names, and how many more there are."""
    more = f" and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(map(markdown_code, names[:NAMES_SHOWN])) + more


def plans(name: str, plan: PlanPair) -> Iterator[str]:
    """Two plans side by side."""
    marked = [("! " if line.differs else "  ", line) for line in plan.lines]
    base = html_pre(mark + line.base for mark, line in marked if line.base is not None)
    head = html_pre(mark + line.head for mark, line in marked if line.head is not None)
    yield f"The plan of {markdown_code(name)} has changed{' (longer than shown)' if plan.cut else ''}:"
    yield ""
    yield f"<table><tr><th>base</th><th>head</th></tr><tr><td>{base}</td><td>{head}</td></tr></table>"
    yield ""


def shifts(rows: Iterable[ShiftRow]) -> Iterator[str]:
    """Lasting changes with the commits that may be guilty."""
    for shift in rows:
        yield f"**Lasting change** of {markdown_code(shift.name)}: {markdown_text(shift.sentence)}"
        yield ""
        if shift.commits:
            yield from (f"- {markdown_text(commit)}" for commit in shift.commits)
            yield ""


def all_of(number: int) -> str:
    """What a table of all metrics is called."""
    return f"All {number:,} metrics" if number > 1 else "The only metric"


def folded(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines that are shown when somebody asks for them."""
    yield f"<details><summary>{html.escape(title, quote=False)}</summary>"
    yield ""
    yield from lines
    yield "</details>"
    yield ""
