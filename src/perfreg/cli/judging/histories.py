"""Histories in a CSV file: columns ``series``, ``run``, ``value`` and maybe ``direction``, in the order of the runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from perfreg.cli.judging.table import Table
from perfreg.config.suggest import did_you_mean
from perfreg.errors import InputError

if TYPE_CHECKING:
    from perfreg.model.metric import Direction

_DIRECTIONS: tuple[Direction, ...] = ("lower", "higher", "none")


@dataclass(slots=True, kw_only=True)
class History:
    """One series of a file: the labels of its runs as they were read, its values, and the numbers of its sessions."""

    name: str
    direction: Direction
    runs: list[str] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    sessions: list[int] = field(default_factory=list)


def read(path: Path) -> list[History]:
    """The series of a file in the order of their first run; runs without a value are left out.

    Raises `InputError` for what cannot be read: a history with holes that nobody has seen would not be judged.
    """
    found: dict[str, History] = {}
    with Table(path, required=("series", "run", "value"), optional=("direction",)) as table:
        for line, (name, run, text, direction) in table.rows():
            history = found.get(name)
            if history is None:
                history = found[name] = History(name=name, direction=_direction(table, line, direction))
            elif direction and direction != history.direction:
                _same_direction(table, line, direction, history)
            try:
                value = float(text)
            except ValueError:
                if text.strip():
                    raise table.wrong(line, f"value is {text[:40]!r} and no number") from None
                continue
            if not math.isfinite(value):
                raise table.wrong(line, f"value is {text[:40]!r}; leave a run out, or its value empty, if it failed")
            history.runs.append(run)
            history.values.append(value)
    if not found:
        raise InputError("has no runs", where=str(path), hint="each line after the header is a run of a series")
    histories = list(found.values())
    number_sessions(histories)
    return histories


def _direction(table: Table, line: int, text: str) -> Direction:
    name = text.strip().lower() or "lower"
    if name in _DIRECTIONS:
        return name
    hint = did_you_mean(name, _DIRECTIONS)
    raise InputError(
        f"direction is {text[:40]!r}, neither lower, higher nor none", where=f"{table.path}:{line}", hint=hint or ""
    )


def _same_direction(table: Table, line: int, text: str, history: History) -> None:
    if _direction(table, line, text) != history.direction:
        raise table.wrong(line, f"direction is {text[:40]!r}, but {history.direction} in earlier runs of the series")


def number_sessions(histories: Iterable[History]) -> None:
    """Give runs with the same label the same number, so that the numbers rise along each series.

    Labels are ordered as numbers if all of them are, otherwise as text (dates), if the series agree with that;
    otherwise as they come. A label that a series has twice stands for two sessions.
    """
    histories = tuple(histories)
    keys: dict[tuple[str, int], int] = {}
    codes: list[list[int]] = []
    for history in histories:
        times: dict[str, int] = {}
        own: list[int] = []
        for run in history.runs:
            again = times.get(run, 0)
            times[run] = again + 1
            own.append(keys.setdefault((run, again), len(keys)))
        codes.append(own)
    for order in _orders(list(keys)):
        numbers = [[order[code] for code in own] for own in codes]
        if all(map(_rises, numbers)):
            break
    for history, own in zip(histories, numbers, strict=True):
        history.sessions = own


def _rises(numbers: Sequence[int]) -> bool:
    return all(map(int.__lt__, numbers, numbers[1:]))


def _orders(keys: list[tuple[str, int]]) -> Iterable[list[int]]:
    """Ways to number the sessions, the most natural last resort at the end."""
    seen = list(range(len(keys)))
    yield seen
    with suppress(ValueError):
        yield _ranks([(float(run), again) for run, again in keys])
    yield _ranks(keys)
    yield seen


def _ranks(keys: Sequence[tuple[float, int]] | Sequence[tuple[str, int]]) -> list[int]:
    ranks = [0] * len(keys)
    for rank, code in enumerate(sorted(range(len(keys)), key=keys.__getitem__)):
        ranks[code] = rank
    return ranks
