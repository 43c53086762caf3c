"""Recorded histories: read, cut where their level changed, and divided into windows in which nothing happens.

A directory holds a JSON file for each project: ``{"series": [{"id", "suite", "better": "lower" | "higher",
"dates": [text | null], "values": [number | null]}]}``. Series of one suite share a session where they share a date.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Key = tuple[str, int]

LEAD, WINDOW = 41, 15
"""Runs before a window at least, and runs in which a rule may alarm."""

SHORTEST, LEVEL = LEAD + WINDOW, 15
PENALTY, CLIP, AROUND = 6.0, 3.0, 15
PER_PROJECT, PER_STRETCH = 18, 3
OTHERS = ("tcpd", "mongodb_spa_tests")
"""Collections of series that are no measurements of a project's performance, or made up."""

COVERED = 0.8
FEWEST_COMPANIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A series: logarithms (larger is worse) and the session of each run."""

    project: str
    name: str
    suite: str
    logs: Values
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Runs of a series within one level: ``lead`` of them before the window, and the window itself.

    ``companions`` are columns of benchmarks of the same sessions, NaN where one was not run.
    """

    project: str
    series: str
    logs: Values
    lead: int
    companions: Values

    @property
    def sigma(self) -> float:
        """Robust deviation of one run, from the differences of neighbours."""
        return float(1.4826 * np.median(np.abs(np.diff(self.logs))) / np.sqrt(2))


def read(directory: Path) -> list[Recorded]:
    """All series of a directory that have a stretch's length of positive values."""
    found: list[Recorded] = []
    for path in sorted(directory.glob("*.json")):
        if path.stem not in OTHERS:
            content = json.loads(path.read_text(encoding="utf-8"))
            found += [
                _recorded(path.stem.removeprefix("gab_"), each)
                for each in content["series"]
                if each.get("better") in ("lower", "higher") and each.get("values")
            ]
    return [each for each in found if len(each.logs) >= SHORTEST]


def _recorded(project: str, series: dict[str, Any]) -> Recorded:
    times: Counter[str] = Counter()
    logs, keys = [], []
    dates = series.get("dates") or [str(i) for i in range(len(series["values"]))]
    for date, value in zip(dates, series["values"], strict=True):
        key = (str(date), times[str(date)])
        times[str(date)] += 1
        if value is not None and 0 < value < float("inf"):
            logs.append(np.log(value))
            keys.append(key)
    sign = -1.0 if series["better"] == "higher" else 1.0
    return Recorded(
        project=project,
        name=str(series["id"]),
        suite=f"{project}/{series.get('suite', '')}",
        logs=sign * np.array(logs),
        keys=tuple(keys),
    )


def levels(logs: Values) -> list[tuple[int, int]]:
    """The series cut where its level changes: the least squares of winsorised values, with a price for each cut.

    Optimal partitioning (Jackson et al. 2005, IEEE Signal Processing Letters 12:105).
    """
    size = len(logs)
    steps = np.diff(logs)
    sigma = max(float(1.4826 * np.median(np.abs(steps - np.median(steps))) / np.sqrt(2)), 1e-9)
    middle = np.array([np.median(logs[max(0, i - AROUND) : i + AROUND + 1]) for i in range(size)])
    values = (np.clip(logs, middle - CLIP * sigma, middle + CLIP * sigma) - logs.mean()) / sigma
    sums, squares = (np.concatenate(([0.0], np.cumsum(each))) for each in (values, values**2))
    price = PENALTY * np.log(size)
    best, cut = np.full(size + 1, np.inf), np.zeros(size + 1, dtype=np.int64)
    best[0] = -price
    for end in range(LEVEL, size + 1):
        start = np.arange(end - LEVEL + 1)
        total = best[start] + squares[end] - squares[start] - (sums[end] - sums[start]) ** 2 / (end - start) + price
        cut[end] = int(np.argmin(total))
        best[end] = total[cut[end]]
    found, end = [], size
    while end > 0:
        found.append((int(cut[end]), end))
        end = int(cut[end])
    return found[::-1]


def windows(series: Sequence[Recorded], *, per_project: int = PER_PROJECT, seed: int = 0) -> list[Window]:
    """Windows of some stretches of each project, drawn at random."""
    chance = np.random.default_rng(seed)
    by_project: dict[str, list[tuple[Recorded, int, int]]] = {}
    suites: dict[str, list[Recorded]] = {}
    for each in series:
        suites.setdefault(each.suite, []).append(each)
        for start, end in levels(each.logs):
            if end - start >= SHORTEST:
                by_project.setdefault(each.project, []).append((each, start, end))
    found: list[Window] = []
    for stretches in by_project.values():
        drawn = sorted(chance.permutation(len(stretches))[:per_project])
        for each, start, end in (stretches[i] for i in drawn):
            found += _of_stretch(each, start, end, suites[each.suite])
    return found


def _of_stretch(series: Recorded, start: int, end: int, suite: Sequence[Recorded]) -> list[Window]:
    starts = np.arange(start + LEAD, end - WINDOW + 1, WINDOW)
    chosen = np.unique(np.linspace(0, len(starts) - 1, min(len(starts), PER_STRETCH)).round().astype(int))
    return [
        Window(
            project=series.project,
            series=series.name,
            logs=series.logs[start : at + WINDOW],
            lead=at - start,
            companions=_companions(series, start, at + WINDOW, suite),
        )
        for at in starts[chosen].tolist()
    ]


def _companions(series: Recorded, start: int, end: int, suite: Sequence[Recorded]) -> Values:
    place = {key: i for i, key in enumerate(series.keys[start:end])}
    columns = []
    for other in suite:
        if other is series:
            continue
        column = np.full(end - start, np.nan)
        for key, value in zip(other.keys, other.logs, strict=True):
            if key in place:
                column[place[key]] = value
        if np.mean(~np.isnan(column)) >= COVERED:
            columns.append(column)
    return np.array(columns).reshape(-1, end - start)
