"""An issue for a regression of the main branch: opened once, kept up to date, closed when all of it is gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from perfreg.publish.forges import marker
from perfreg.publish.forges.forge import Forge, Issue
from perfreg.publish.forges.marker import Marker
from perfreg.publish.forges.message import Message
from perfreg.report.escape import inert, visible

_INTRODUCTION = (
    "A regression has reached the main branch. This issue is kept up to date by every run of that branch, and closed "
    "when none of these metrics is worse any more, or what is left was accepted.\n\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run of the main branch found."""

    message: Message
    branch: str
    commit: str


def keep(forge: Forge, report: Report, key: str, label: str) -> str:
    """Open, update or close the issue of ``key``; what was done, for people. Raises `ForgeError`."""
    mine = _mine(forge, label, key)
    message = report.message
    regressed = tuple(sorted(map(marker.short, message.regressed)))
    if not mine:
        return _open(forge, report, key, label, regressed) if regressed else ""
    known = _marker(mine[0], key)
    open_still = set(known.metrics if known else ()) - set(map(marker.short, message.well))
    if regressed or open_still:
        # What this run did not measure, or could not compare, is not known to be gone.
        metrics = tuple(sorted(open_still | set(regressed)))
        forge.edit_issue(mine[0], _body(forge, report, key, metrics))
        return f"updated {mine[0].url}"
    forge.add_comment(mine[0].number, f"Gone as of {report.commit[:12]}.", landed=lambda: None)
    forge.close_issue(mine[0])
    return f"closed {mine[0].url}"


def _open(forge: Forge, report: Report, key: str, label: str, metrics: tuple[str, ...]) -> str:
    title = inert(f"Performance regression on {visible(report.branch, 60)}")
    body = _body(forge, report, key, metrics)
    issue = forge.open_issue(title, body, label, landed=_first(forge, label, key))
    return f"opened {issue.url}"


def _body(forge: Forge, report: Report, key: str, metrics: tuple[str, ...]) -> str:
    first = str(Marker(kind="issue", key=key, commit=report.commit, alarm=True, metrics=metrics)) + _INTRODUCTION
    return f"{first}{report.message.text(forge.body_limit - len(first.encode()))}"


def _first(forge: Forge, label: str, key: str) -> Callable[[], Issue | None]:
    return lambda: next(iter(_mine(forge, label, key)), None)


def _mine(forge: Forge, label: str, key: str) -> list[Issue]:
    found = [issue for issue in forge.issues(label) if issue.mine and _marker(issue, key) is not None]
    return sorted(found, key=lambda issue: issue.number)


def _marker(issue: Issue, key: str) -> Marker | None:
    return marker.read(issue.body, "issue", key)
