"""What could not be compared or trusted, why, and what would mend it."""

from __future__ import annotations

from dataclasses import dataclass

from perfreg.model.result import Result, VerdictStatus
from perfreg.model.run import ScenarioRecord
from perfreg.report import words
from perfreg.report.escape import visible, visible_lines
from perfreg.report.row import Row

_TITLES = {
    "no_baseline": "have no baseline and were compared with nothing",
    "environment_mismatch": "have baselines from other environments only and were not compared",
    "inconclusive": "may have changed, but not for certain",
}
_TITLES_OF_ONE = {
    "no_baseline": "has no baseline and was compared with nothing",
    "environment_mismatch": "has baselines from other environments only and was not compared",
    "inconclusive": "may have changed, but not for certain",
}
_BROKEN_REMEDY = "A broken scenario is not compared and never becomes a baseline: mend it and run again."
_DOUBT_REMEDY = "More samples decide: a longer test_duration, more iterations, or more baseline runs."


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Things that share a reason: ``names`` are metrics or scenarios, ``reason`` has one line or more."""

    names: tuple[str, ...]
    reason: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One finding about many metrics; ``remedy`` is a sentence, empty when the reasons hold one already."""

    status: VerdictStatus
    title: str
    groups: tuple[Group, ...]
    remedy: str = ""


def notices(result: Result, rows: tuple[Row, ...]) -> tuple[Notice, ...]:
    """The findings of a result, gravest first."""
    found = (
        _broken(result, rows),
        _blind("no_baseline", rows, _establish(result)),
        _blind("environment_mismatch", rows, _establish(result)),
        _blind("inconclusive", rows, _DOUBT_REMEDY),
    )
    return tuple(notice for notice in found if notice is not None)


def _establish(result: Result) -> str:
    branch = visible(result.run.source.base_branch) or "the base branch"
    return f"To make one, run perfreg run --establish-baselines on {branch} in this environment."


def _broken(result: Result, rows: tuple[Row, ...]) -> Notice | None:
    records = [record for record in result.run.scenarios if record.status == "broken"]
    groups = [Group(names=(visible(record.name),), reason=_reasons(record)) for record in records]
    told = {name for group in groups for name in group.names}
    for row in rows:
        if row.status == "broken" and row.scenario not in told:
            told.add(row.scenario)
            groups.append(Group(names=(row.scenario,), reason=(row.reason,)))
    if not groups and result.run.status == "ok":
        return None
    title = f"{words.count(len(groups), 'scenario')} cannot be trusted" if groups else "the run cannot be trusted"
    return Notice(status="broken", title=title, groups=tuple(groups), remedy=_BROKEN_REMEDY)


def _reasons(record: ScenarioRecord) -> tuple[str, ...]:
    told = tuple(line for reason in record.reasons for line in visible_lines(reason))
    errors = ", ".join(f"{visible(name)}: {number:,}" for name, number in sorted(record.errors.items()))
    return (*(told or ("the scenario did not finish",)), *((f"errors: {errors}",) if errors else ()))


def _blind(status: VerdictStatus, rows: tuple[Row, ...], remedy: str) -> Notice | None:
    mine = [row for row in rows if row.status == status]
    if not mine:
        return None
    by_reason: dict[str, list[str]] = {}
    for row in mine:
        by_reason.setdefault(row.reason, []).append(row.name)
    groups = tuple(Group(names=tuple(names), reason=(reason,) if reason else ()) for reason, names in by_reason.items())
    mended = all("--establish-baselines" in reason for reason in by_reason)
    title = f"{words.count(len(mine), 'metric')} {(_TITLES_OF_ONE if len(mine) == 1 else _TITLES)[status]}"
    return Notice(status=status, title=title, groups=groups, remedy="" if mended else remedy)
