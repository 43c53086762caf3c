"""The result as a comment on a pull request: the verdict, what matters, and the rest folded away, in the room there is.

It may be about several results, those of the legs of a matrix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from perfreg.model.result import SEVERITIES, Result
from perfreg.report import comment_lines as lines
from perfreg.report import markdown_parts as parts
from perfreg.report import mermaid, words
from perfreg.report.comment_lines import Part
from perfreg.report.escape import inert, markdown_code, markdown_text, visible
from perfreg.report.fitting import Block, fit
from perfreg.report.format import ReportFile, ReportFormat
from perfreg.report.headline import Mood
from perfreg.report.row import ORDER, Row
from perfreg.report.view import view

LIMIT = 65_000
"""Bytes; GitHub takes 65,536 characters."""

_MOODS: tuple[Mood, ...] = ("broken", "fail", "warn", "pass")
_COLUMNS = ("metric", "base", "head", "change", "interval", "verdict", "severity")
_ALIGNED = ("---", "--:", "--:", "--:", "---", "---", "---")
_BLANKS = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One of the results that a comment is about; ``name`` may be empty when there is one alone."""

    name: str
    result: Result


def render(
    legs: Sequence[Leg], *, limit: int = LIMIT, rest: str = "", problems: Sequence[str] = (), name: str = ""
) -> str:
    """The comment in at most ``limit`` bytes; ``rest`` is Markdown that says where everything is.

    ``problems`` are sentences about results that should be there and are not, and ``name`` tells the comment from
    others of perfreg.
    """
    several = len(legs) > 1
    told = [
        Part(name=visible(leg.name, 80) if several else "", result=leg.result, said=view(leg.result)) for leg in legs
    ]
    return inert(_BLANKS.sub("\n\n", fit((*_missing(problems, name), *_blocks(told, name)), limit, rest)))


def _missing(problems: Sequence[str], name: str) -> Iterator[Block]:
    """No verdict of the others makes up for one that is lost, so this comes first."""
    if problems:
        line = f"❌ **No verdict**{parts.of(name)}: {words.count(len(problems), 'result')} of this run cannot be used"
        listed = tuple(f"- {markdown_text(visible(each, 400))}" for each in problems)
        yield Block(title="", rank=0, body=(line, ""))
        yield Block(title="what is missing", rank=1, body=listed, is_list=True)


def _blocks(told: Sequence[Part], name: str) -> Iterator[Block]:
    if not told:
        return
    rows = _worst_first(told)
    moved = [(part, row) for part, row in rows if row.moved]
    yield Block(title="", rank=0, body=tuple(_verdict(told, name)))
    numbers = [(part, lines.numbers(part)) for part in told]
    yield _table("the numbers", 1, lines.NUMBERS, ("---",) * len(lines.NUMBERS), numbers)
    yield Block(title="what was compared", rank=2, body=(*lines.sides(told), *lines.doubts(told)), is_list=True)
    if moved:
        cells = [(part, _cells(row)) for part, row in moved]
        yield _table("what moved", 1, _COLUMNS, _ALIGNED, cells)
        yield _folded("Chart", 6, mermaid.changes([row for _, row in moved]))
    for part in told:
        yield from _findings(part)
    yield Block(title="the gate's reasons", rank=3, body=tuple(lines.gate(told)), is_list=True)
    yield Block(title="recommendations", rank=3, body=tuple(lines.recommended(told)), is_list=True)
    yield Block(title="how to accept", rank=1, body=tuple(lines.acceptance(told)))
    if len(moved) < len(rows):
        cells = [(part, _cells(row)) for part, row in rows]
        yield _table("all metrics", 7, _COLUMNS, _ALIGNED, cells, fold=parts.all_of(len(rows)))
    yield _folded("What the runner's noise allowed to be seen", 5, tuple(lines.noise(told)))
    yield _folded("Why", 8, tuple(lines.reasons(told)))
    yield _folded(lines.ABOUT, 4, tuple(lines.about(told)))


def _verdict(told: Sequence[Part], name: str) -> Iterator[str]:
    """One line; of several results, the worst one speaks."""
    worst = min(told, key=lambda part: _MOODS.index(part.said.mood))
    line = parts.verdict(worst.said.mood, worst.said.headline, name)
    if len(told) > 1:
        line += f" (the worst of {len(told)} results, {markdown_code(worst.name)})"
    yield line


def _worst_first(told: Sequence[Part]) -> list[tuple[Part, Row]]:
    return sorted(((part, row) for part in told for row in part.said.rows), key=lambda pair: _badness(pair[1]))


def _badness(row: Row) -> tuple[int, bool, int, float]:
    severity = SEVERITIES.index(row.severity) if row.severity else -1
    size = abs(row.span.change) if row.span and row.status in ("regression", "improvement") else 0.0
    return ORDER.index(row.status), row.accepted, -severity, -size


def _cells(row: Row) -> tuple[str, ...]:
    change = f"**{row.change}**" if row.status == "regression" and row.span else row.change
    return (
        markdown_code(row.name, cell=True),
        markdown_text(row.base, cell=True),
        markdown_text(row.head, cell=True),
        change,
        row.interval,
        f"{row.word}, accepted" if row.accepted else row.word,
        row.severity or "",
    )


def _table(
    title: str,
    rank: int,
    columns: tuple[str, ...],
    aligned: tuple[str, ...],
    lines: Sequence[tuple[Part, tuple[str, ...]]],
    fold: str = "",
) -> Block:
    """A table that may be cut; with a first column for the leg where there are several."""
    named = any(part.name for part, _ in lines)
    first = (("run",), ("---",)) if named else ((), ())
    body = ((*((markdown_code(part.name, cell=True),) if named else ()), *cells) for part, cells in lines)
    opening, closing = _fold(fold) if fold else ((), ())
    return Block(
        title=title,
        rank=rank,
        before=(*opening, _line((*first[0], *columns)), f"|{'|'.join((*first[1], *aligned))}|"),
        body=tuple(map(_line, body)),
        after=closing,
        is_list=True,
    )


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _findings(part: Part) -> Iterator[Block]:
    """What could not be compared, changed plans and lasting changes."""
    for found in part.said.notices:
        first, _, *rest = parts.notice(found)
        yield Block(title=found.title, rank=2, before=(f"{part.prefix}{first}", ""), body=tuple(rest), is_list=True)
    for row in part.said.rows:
        if row.plan is not None:
            yield _folded("Changed plans", 5, tuple(parts.plans(row.name, row.plan)))
    yield Block(title="lasting changes", rank=3, body=tuple(parts.shifts(part.said.shifts)), is_list=True)


def _fold(title: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    opening = tuple(parts.folded(title, ()))
    return opening[:2], ("", *opening[2:3])


def _folded(title: str, rank: int, lines: tuple[str, ...]) -> Block:
    opening, closing = _fold(title)
    return Block(title=title.lower(), rank=rank, before=opening, body=lines, after=closing, is_list=rank >= 7)


def _files(result: Result) -> tuple[ReportFile, ...]:
    text = render((Leg(name="", result=result),))
    return (ReportFile(name="comment.md", content=text.encode("utf-8", "replace")),)


FORMAT = ReportFormat(
    name="comment", summary="for comments on pull requests, no longer than they may be", file_name="comment.md",
    render=_files,
)  # fmt: skip
