"""An issue for a regression of the main branch: opened once, kept up to date, closed when all of it is gone.

A metric that comes back reopens the issue in which it was reported before: one that comes and goes makes one issue, and
not one a week.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    @property
    def since(self) -> str:
        """The commit, as people write it."""
        return self.commit[:12]


def keep(forge: Forge, report: Report, key: str, label: str) -> str:
    """Open, update, reopen or close the issue of ``key``; what was done, for people. Raises `ForgeError`."""
    mine = _mine(forge, label, key)
    regressed = tuple(sorted(map(marker.short, report.message.regressed)))
    current = [issue for issue in mine if issue.is_open]
    if not current:
        return _begin(forge, report, key, label, regressed, mine) if regressed else ""
    # Two jobs at once may have opened one each: whatever any of them was about goes on in the oldest.
    first, *others = current
    known = {name for issue in current for name in _metrics(issue, key)}
    for other in others:
        _close(forge, other, f"This goes on in #{first.number}.")
    open_still = known - set(map(marker.short, report.message.well))
    if regressed or open_still:
        # What this run did not measure, or could not compare, is not known to be gone.
        forge.edit_issue(first, _body(forge, report, key, tuple(sorted(open_still | set(regressed)))))
        return f"updated {first.url}"
    _close(forge, first, f"Gone as of {report.since}.")
    return f"closed {first.url}"


def _begin(
    forge: Forge, report: Report, key: str, label: str, metrics: tuple[str, ...], closed: Sequence[Issue]
) -> str:
    """Reopen the newest of the ``closed`` ones that was about any of these metrics, or open a new one."""
    body = _body(forge, report, key, metrics)
    again = next((issue for issue in reversed(closed) if set(metrics) & set(_metrics(issue, key))), None)
    if again is not None:
        forge.edit_issue(again, body)
        forge.comment_on_issue(again, f"Back as of {report.since}.")
        return f"reopened {again.url}"
    title = inert(f"Performance regression on {visible(report.branch, 60)}")
    issue = forge.open_issue(title, body, label, landed=_first(forge, label, key))
    return f"opened {issue.url}"


def _close(forge: Forge, issue: Issue, why: str) -> None:
    forge.comment_on_issue(issue, why)
    forge.close_issue(issue)


def _body(forge: Forge, report: Report, key: str, metrics: tuple[str, ...]) -> str:
    first = str(Marker(kind="issue", key=key, commit=report.commit, alarm=True, metrics=metrics)) + _INTRODUCTION
    return f"{first}{report.message.text(forge.body_limit - len(first.encode()))}"


def _first(forge: Forge, label: str, key: str) -> Callable[[], Issue | None]:
    return lambda: next((issue for issue in _mine(forge, label, key) if issue.is_open), None)


def _mine(forge: Forge, label: str, key: str) -> list[Issue]:
    """Our issues with this key, open or closed, the oldest first."""
    found = [issue for issue in forge.issues(label) if issue.mine and _marker(issue, key) is not None]
    return sorted(found, key=lambda issue: issue.number)


def _metrics(issue: Issue, key: str) -> tuple[str, ...]:
    known = _marker(issue, key)
    return known.metrics if known else ()


def _marker(issue: Issue, key: str) -> Marker | None:
    return marker.read(issue.body, "issue", key)
