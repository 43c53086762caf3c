"""The whole result in one sentence and one mood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from perfreg.model.result import Result
from perfreg.report import words
from perfreg.report.escape import visible
from perfreg.report.row import Row

Mood = Literal["broken", "fail", "warn", "pass"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """``lead: subject detail``; only the subject is a foreign name. Subject and detail may be empty."""

    lead: str
    subject: str = ""
    detail: str = ""

    @property
    def sentence(self) -> str:
        """The headline as plain text."""
        rest = " ".join(part for part in (self.subject, self.detail) if part)
        return f"{self.lead}: {rest}" if rest else self.lead


def mood(result: Result) -> Mood:
    """What the report looks like: broken whatever the gate says, and never all clear without a comparison."""
    if is_broken(result):
        return "broken"
    if result.gate.status == "pass" and not any(
        verdict.status in ("regression", "improvement", "unchanged") for verdict in result.verdicts
    ):
        return "warn"
    return result.gate.status


def is_broken(result: Result) -> bool:
    """Whether any part of the run is broken."""
    records = (record.status for record in result.run.scenarios)
    return result.run.status == "broken" or "broken" in records or bool(result.with_status("broken"))


def headline(result: Result, rows: tuple[Row, ...]) -> Headline:
    """The sentence that a reader in a hurry needs."""
    regressions = [row for row in rows if row.status == "regression"]
    lead = ", ".join(part for part in (_broken_part(result), _verdict_part(rows)) if part)
    if not regressions:
        return Headline(lead=lead[:1].upper() + lead[1:])
    worst = regressions[0]
    size = f"{worst.change} {worst.interval}".rstrip() if worst.span else worst.head
    detail = f"{size}, {worst.severity}" if worst.severity else size
    return Headline(lead=f"{lead}, worst" if len(regressions) > 1 else lead, subject=worst.name, detail=detail)


def _broken_part(result: Result) -> str:
    if not is_broken(result):
        return ""
    broken = {record.name for record in result.run.scenarios if record.status == "broken"}
    broken |= {verdict.scenario for verdict in result.with_status("broken")}
    total = max(len(result.run.scenarios), len(broken))
    if not broken:
        return "the run is broken"
    verb = "is" if len(broken) == 1 else "are"
    return f"{len(broken)} of {words.count(total, 'scenario')} {verb} broken"


def _verdict_part(rows: tuple[Row, ...]) -> str:
    if not rows:
        return "nothing was measured"
    compared = [row for row in rows if row.compared]
    regressions = sum(row.status == "regression" for row in rows)
    if regressions:
        return f"{words.count(regressions, 'regression')} in {words.count(len(rows), 'metric')}"
    if not compared:
        return f"{words.count(len(rows), 'metric')} measured, nothing to compare with"
    of = f" of {len(rows):,}" if len(compared) < len(rows) else ""
    parts = [f"no regression in {len(compared):,}{of} {'metric' if len(rows) == 1 else 'metrics'}"]
    for status, noun in (("improvement", "improvement"), ("inconclusive", "inconclusive metric")):
        number = sum(row.status == status for row in rows)
        if number:
            parts.append(words.count(number, noun))
    return ", ".join(parts)


def origin(result: Result) -> str:
    """Which code was measured, in one line."""
    source = result.run.source
    parts = [visible(source.commit[:12]) or "no commit"]
    if source.branch:
        parts.append(f"on {visible(source.branch)}")
    if source.pull_request:
        parts.append(f"(pull request {visible(source.pull_request, 40)})")
    if source.dirty:
        parts.append("with uncommitted changes")
    return " ".join(parts)
