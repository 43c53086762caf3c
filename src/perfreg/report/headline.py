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
    """``lead: subject value detail``. Subject (a metric) and value (with its unit) are foreign text; all but the lead
    may be empty."""

    lead: str
    subject: str = ""
    value: str = ""
    detail: str = ""

    @property
    def sentence(self) -> str:
        """The headline as plain text."""
        rest = " ".join(part for part in (self.subject, self.value, self.detail) if part)
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
    open_ones = [row for row in rows if row.status == "regression" and not row.accepted]
    lead = ", ".join(part for part in (_broken_part(result), _verdict_part(rows)) if part)
    if not open_ones:
        return Headline(lead=lead[:1].upper() + lead[1:])
    worst = open_ones[0]
    size = f"{worst.change} {worst.interval}".rstrip() if worst.span else ""
    return Headline(
        lead=f"{lead}, worst" if len(open_ones) > 1 else lead,
        subject=worst.name,
        value="" if worst.span else worst.head,
        detail=", ".join(part for part in (size, worst.severity) if part),
    )


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
    regressions = [row.accepted for row in rows if row.status == "regression"]
    accepted = sum(regressions)
    if accepted < len(regressions):
        others = f" and {accepted:,} accepted" if accepted else ""
        return f"{words.count(len(regressions) - accepted, 'regression')}{others} in {words.count(len(rows), 'metric')}"
    if not compared:
        return f"{words.count(len(rows), 'metric')} measured, nothing to compare with"
    of = f" of {len(rows):,}" if len(compared) < len(rows) else ""
    rest = (
        (accepted, "accepted regression"),
        (sum(row.status == "improvement" for row in rows), "improvement"),
        (sum(row.status == "inconclusive" for row in rows), "inconclusive metric"),
    )
    none = f"no {'other ' if accepted else ''}regression in {len(compared):,}{of} metric{'s' if len(rows) > 1 else ''}"
    return ", ".join((none, *(words.count(number, noun) for number, noun in rest if number)))


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
