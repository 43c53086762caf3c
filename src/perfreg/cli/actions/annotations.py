"""Annotations of a run: worst first, no more than GitHub shows, at the line of the configuration they are about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfreg.cli import workflow_commands as github
from perfreg.cli.actions.places import NOWHERE, Place, Places
from perfreg.errors import ConfigError, PerfregError

if TYPE_CHECKING:
    from perfreg.model.result import Result, Verdict
    from perfreg.report.row import Row

_LEVELS: tuple[github.Level, ...] = ("error", "warning")
_TOLD = re.compile(r".* is broken|(?:low|medium|high|critical|None) regression of .*", re.DOTALL)
"""Reasons of the gate that the verdicts tell better."""
_MILD = re.compile(r"(?:no base|no baseline|other environment): .*|accepted regression of .*", re.DOTALL)
"""Reasons that never make a gate fail by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is to be shown, and where: a file of the repository and a line, or nowhere."""

    level: github.Level
    message: str
    file: str = ""
    line: str = ""


def of_error(error: PerfregError, places: Places) -> Iterator[Note]:
    """What is wrong; each problem of a configuration at its line."""
    from perfreg.report.escape import visible_lines

    for problem in error.problems if isinstance(error, ConfigError) else (error,):
        file, line = places.of(problem.where)
        yield Note(level="error", message="\n".join(visible_lines(str(problem))), file=file, line=line)


def of_result(result: Result, places: Places) -> Iterator[Note]:
    """What is broken, what has regressed, and what else the gate has to say."""
    from perfreg.report.view import view

    said = view(result)
    for each in said.notices:
        if each.status == "broken":
            for group in each.groups:
                file, line = places.scenario(group.names[0])
                words = f"{', '.join(group.names)} is broken: {group.reason[0]}"
                yield Note(level="error", message=words, file=file, line=line)
    verdicts = {f"{each.scenario}.{each.metric}": each for each in result.verdicts}
    for row in said.rows:
        if row.status == "regression" and not row.accepted:
            file, line = _place(verdicts.get(row.name), places)
            level: github.Level = "error" if row.name in result.gate.failed else "warning"
            yield Note(level=level, message=_regression(row), file=file, line=line)
    yield from _rest(result, said.gate_reasons)


def _place(verdict: Verdict | None, places: Places) -> Place:
    if verdict is None:
        return NOWHERE
    budget = places.metric(verdict) if verdict.budget else NOWHERE
    return budget if budget != NOWHERE else places.scenario(verdict.scenario)


def _regression(row: Row) -> str:
    size = " ".join(part for part in (row.change, row.interval) if part) if row.span else ""
    numbers = f"{row.base} became {row.head}"
    words = ", ".join(part for part in (size, numbers) if part)
    return f"{row.severity or 'a'} regression of {row.name}: {words}{f' ({row.reason})' if row.reason else ''}"


def _rest(result: Result, reasons: Iterable[str]) -> Iterator[Note]:
    """Reasons that are about no regression. The gate names failures first, and has one at least where it fails."""
    failed = result.gate.failed
    doubtful = {f"{each.scenario}.{each.metric}" for each in result.with_status("inconclusive")}
    is_explained = bool(failed or result.with_status("broken"))
    for index, reason in enumerate(reasons):
        if _TOLD.fullmatch(reason):
            continue
        if reason.startswith("inconclusive: "):
            is_grave = not doubtful.isdisjoint(failed)
        else:
            is_grave = not _MILD.fullmatch(reason) and (index == 0 or not is_explained)
        yield Note(level="error" if result.gate.status == "fail" and is_grave else "warning", message=reason)


def lines(notes: Iterable[Note]) -> Sequence[str]:
    """The annotations as the runner reads them: errors first, and of each level how many more there would be."""
    by_level: Mapping[github.Level, list[Note]] = {level: [] for level in _LEVELS}
    for note in notes:
        by_level[note.level].append(note)
    return [line for level in _LEVELS for line in _limited(by_level[level])]


def _limited(notes: Sequence[Note]) -> Iterator[str]:
    shown = notes if len(notes) <= github.ANNOTATION_LIMIT else notes[: github.ANNOTATION_LIMIT - 1]
    for note in shown:
        yield github.annotation(note.level, note.message, file=note.file, line=note.line)
    if len(shown) < len(notes):
        yield github.annotation(notes[0].level, f"{len(notes) - len(shown)} more: see the summary")
