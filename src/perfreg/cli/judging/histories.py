"""Histories in a CSV file: columns ``series``, ``run``, ``value`` and maybe ``direction``, in the order of the runs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from perfreg.cli.judging.table import Table
from perfreg.config.suggest import did_you_mean
from perfreg.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from perfreg.model.metric import Direction

Label = str | tuple[str, int]
"""What a file calls a run; the second and later ones of the same name come with their number."""

_DIRECTIONS: tuple[Direction, ...] = ("lower", "higher", "none")
_BY_NAME: dict[str, Direction] = {"": "lower", **{each: each for each in _DIRECTIONS}}


@dataclass(slots=True, kw_only=True)
class History:
    """One series of a file: the labels of its runs as they were read, its values, and the numbers of its sessions."""

    name: str
    direction: Direction
    runs: list[str] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    sessions: Sequence[int] | NDArray[np.int64] = ()


def read(path: Path) -> list[History]:
    """The series of a file in the order of their first run; runs without a value are left out.

    Raises `InputError` for what cannot be read: a history with holes that nobody has seen would not be judged.
    """
    found: dict[str, History] = {}
    with Table(path, required=("series", "run", "value"), optional=("direction",)) as table:
        for lines, (names, runs, texts, directions) in table.chunks():
            values = _values(texts)
            if values is None or not _agree(found, names, directions):
                _add_one_by_one(found, table, lines, (names, runs, texts, directions))
            else:
                _add(found, (names, runs, values), directions[0])
    if not found:
        raise InputError("has no runs", where=str(path), hint="each line after the header is a run of a series")
    histories = list(found.values())
    number_sessions(histories)
    return histories


def _values(texts: Sequence[str]) -> list[float] | None:
    """The values if all of them are plain finite numbers, which is told much faster for many than for one by one."""
    try:
        values = list(map(float, texts))
    except ValueError:
        return None
    return values if all(map(math.isfinite, values)) else None


def _agree(found: Mapping[str, History], names: Sequence[str], directions: Sequence[str]) -> bool:
    """Whether all of some runs have one plain direction, which is that of their series so far."""
    direction = directions[0]
    if set(directions) != {direction} or direction not in _BY_NAME:
        return False
    return not direction or all(found[name].direction == direction for name in set(names) if name in found)


def _add(
    found: dict[str, History], columns: tuple[Sequence[str], Sequence[str], Sequence[float]], direction: str
) -> None:
    """Runs in which nothing is wrong."""
    names, runs, values = columns
    end = 0
    for name, same in groupby(names):
        start, end = end, end + sum(1 for _ in same)
        history = found.get(name)
        if history is None:
            history = found[name] = History(name=name, direction=_BY_NAME[direction])
        history.runs += runs[start:end]
        history.values += values[start:end]


def _add_one_by_one(
    found: dict[str, History], table: Table, lines: Sequence[int], columns: Sequence[Sequence[str]]
) -> None:
    for line, name, run, text, direction in zip(lines, *columns, strict=True):
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
    import numpy as np

    histories = tuple(histories)
    labels: dict[Label, int] = {}
    codes: list[NDArray[np.int64]] = []
    for history in histories:
        runs = _told_apart(history.runs)
        for run in runs:
            if run not in labels:
                labels[run] = len(labels)
        codes.append(np.fromiter(map(labels.__getitem__, runs), dtype=np.int64, count=len(runs)))
    numbers = codes
    for order in _orders(labels):
        numbers = codes if order is None else [np.asarray(order)[own] for own in codes]
        if all(bool((own[1:] > own[:-1]).all()) for own in numbers):
            break
    for history, own in zip(histories, numbers, strict=True):
        history.sessions = own


def _told_apart(runs: Sequence[str]) -> Sequence[Label]:
    """The labels of a series; one that it has again comes with its number."""
    if len(set(runs)) == len(runs):
        return runs
    times: Counter[str] = Counter()
    told: list[Label] = []
    for run in runs:
        told.append((run, times[run]) if times[run] else run)
        times[run] += 1
    return told


def _orders(labels: Iterable[Label]) -> Iterator[list[int] | None]:
    """Ways to number the sessions, None for as they come, which is also the last resort."""
    yield None
    keys = [label if isinstance(label, tuple) else (label, 0) for label in labels]
    with suppress(ValueError):
        yield _ranks([(float(run), again) for run, again in keys])
    yield _ranks(keys)
    yield None


def _ranks(keys: Sequence[tuple[float, int]] | Sequence[tuple[str, int]]) -> list[int]:
    ranks = [0] * len(keys)
    for rank, code in enumerate(sorted(range(len(keys)), key=keys.__getitem__)):
        ranks[code] = rank
    return ranks
