"""What could not be compared or trusted, why, and what would mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perfreg.model.comparison import Comparison
from perfreg.model.result import Result, VerdictStatus
from perfreg.model.run import ScenarioRecord
from perfreg.report import words
from perfreg.report.escape import visible, visible_lines
from perfreg.report.row import Row

_Titles = Mapping[str, tuple[str, str]]

_DOUBT = "may have changed, but not for certain"
_TITLES = {
    "no_baseline": (
        "has no baseline and was compared with nothing",
        "have no baseline and were compared with nothing",
    ),
    "environment_mismatch": (
        "has baselines from other environments only and was not compared",
        "have baselines from other environments only and were not compared",
    ),
    "inconclusive": (_DOUBT, _DOUBT),
}
_PAIRED_TITLES = {
    "no_baseline": (
        "has no base to be compared with",
        "have no base to be compared with",
    ),
    "environment_mismatch": (
        "was measured in another environment and not compared",
        "were measured in other environments and not compared",
    ),
    "inconclusive": (_DOUBT, _DOUBT),
}
"""Of one metric, and of several."""

_BROKEN_REMEDY = "A broken scenario is not compared and never becomes a baseline: mend it and run again."
_DOUBT_REMEDY = "More samples decide: a longer test_duration, more iterations, or more baseline runs."
_PAIRED_BROKEN_REMEDY = "A broken scenario is not slower, it is broken, and is not compared: mend it and compare again."
_WHOLE_REMEDY = "The gate's reasons say why: mend that and run again."
_PAIRED_REMEDIES = {
    "no_baseline": "",
    "environment_mismatch": "Measure both side by side on one machine: perfreg compare --base REF.",
    "inconclusive": "More rounds decide: a larger --budget, or a quieter machine.",
}
_APART_REMEDY = "Measure both side by side, which sees smaller changes: perfreg compare --base REF."


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Things that share a reason: ``names`` are metrics or scenarios, ``reason`` has one line or more."""

    names: tuple[str, ...]
    reason: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One finding about many metrics; ``word`` is what the report calls the status, and ``remedy`` is a sentence, empty
    when the reasons hold one already."""

    status: VerdictStatus
    word: str
    title: str
    groups: tuple[Group, ...]
    remedy: str = ""


def notices(result: Result, rows: tuple[Row, ...]) -> tuple[Notice, ...]:
    """The findings of a result, gravest first."""
    if result.comparison is not None:
        found = _paired(result, rows, result.comparison)
    else:
        found = (
            _broken(result, rows, _BROKEN_REMEDY),
            _blind("no_baseline", rows, _TITLES, _establish(result)),
            _blind("environment_mismatch", rows, _TITLES, _establish(result)),
            _blind("inconclusive", rows, _TITLES, _DOUBT_REMEDY),
        )
    return tuple(notice for notice in found if notice is not None)


def _paired(result: Result, rows: tuple[Row, ...], comparison: Comparison) -> tuple[Notice | None, ...]:
    broken = _broken(result, rows, _PAIRED_BROKEN_REMEDY)
    if comparison.mode == "self":
        # That a change would not be noticed is the answer then, and no doubt about it.
        return (broken,)
    remedies = _PAIRED_REMEDIES | ({"inconclusive": _APART_REMEDY} if comparison.mode == "results" else {})
    statuses: tuple[VerdictStatus, ...] = ("no_baseline", "environment_mismatch", "inconclusive")
    return (broken, *(_blind(status, rows, _PAIRED_TITLES, remedies[status]) for status in statuses))


def _establish(result: Result) -> str:
    branch = visible(result.run.source.base_branch) or "the base branch"
    return f"To make one, run perfreg run --establish-baselines on {branch} in this environment."


def _broken(result: Result, rows: tuple[Row, ...], remedy: str) -> Notice | None:
    records = [record for record in result.run.scenarios if record.status == "broken"]
    groups = [Group(names=(visible(record.name),), reason=_reasons(record)) for record in records]
    told = {name for group in groups for name in group.names}
    for row in rows:
        if row.status == "broken" and row.scenario not in told:
            told.add(row.scenario)
            groups.append(Group(names=(row.scenario,), reason=(row.reason,)))
    if not groups and result.run.status == "ok":
        return None
    if not groups:
        return Notice(
            status="broken", word="broken", title="the run cannot be trusted", groups=(), remedy=_WHOLE_REMEDY
        )
    title = f"{words.count(len(groups), 'scenario')} cannot be trusted"
    return Notice(status="broken", word="broken", title=title, groups=tuple(groups), remedy=remedy)


def _reasons(record: ScenarioRecord) -> tuple[str, ...]:
    told = tuple(line for reason in record.reasons for line in visible_lines(reason))
    errors = ", ".join(f"{visible(name)}: {number:,}" for name, number in sorted(record.errors.items()))
    return (*(told or ("the scenario did not finish",)), *((f"errors: {errors}",) if errors else ()))


def _blind(status: VerdictStatus, rows: tuple[Row, ...], titles: _Titles, remedy: str) -> Notice | None:
    mine = [row for row in rows if row.status == status]
    if not mine:
        return None
    by_reason: dict[str, list[str]] = {}
    for row in mine:
        by_reason.setdefault(row.reason, []).append(row.name)
    groups = tuple(Group(names=tuple(names), reason=(reason,) if reason else ()) for reason, names in by_reason.items())
    mended = all("--establish-baselines" in reason for reason in by_reason)
    title = f"{words.count(len(mine), 'metric')} {titles[status][len(mine) > 1]}"
    return Notice(status=status, word=mine[0].word, title=title, groups=groups, remedy="" if mended else remedy)
