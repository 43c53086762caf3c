"""The whole result in one sentence and one mood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from perfreg.model.result import Result
from perfreg.report import words
from perfreg.report.escape import visible
from perfreg.report.row import Row
from perfreg.report.versus import Versus, extremes

_LOST = re.compile(r"\d{1,6} of \d{1,6} legs gave no result")

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
    itself = result.comparison is not None and result.comparison.mode == "self"
    if (
        result.gate.status == "pass"
        and not itself
        and not any(verdict.status in ("regression", "improvement", "unchanged") for verdict in result.verdicts)
    ):
        return "warn"
    return result.gate.status


def is_broken(result: Result) -> bool:
    """Whether any part of the run is broken."""
    records = (record.status for record in result.run.scenarios)
    return result.run.status == "broken" or "broken" in records or bool(result.with_status("broken"))


def headline(result: Result, rows: tuple[Row, ...], versus: Versus | None = None) -> Headline:
    """The sentence that a reader in a hurry needs."""
    if versus is not None and versus.is_self and not is_broken(result):
        return _sight(rows, versus)
    lead = ", ".join(part for part in (_broken_part(result), _verdict_part(rows)) if part)
    worst = next((row for row in rows if row.status == "regression" and not row.accepted), None)
    lead = lead[:1].upper() + lead[1:]
    if worst is not None:
        several = sum(row.status == "regression" and not row.accepted for row in rows) > 1
        return _about(f"{lead}, worst" if several else lead, worst, versus)
    best = next((row for row in rows if row.status == "improvement"), None)
    return Headline(lead=lead) if best is None or versus is None else _about(f"{lead}, best", best, versus)


def _about(lead: str, row: Row, versus: Versus | None) -> Headline:
    """A headline that ends with one metric; between two sides, it says which way that went."""
    sense = row.sense if versus is not None else ""
    size = " ".join(part for part in (row.change, row.interval, sense) if part) if row.span else ""
    return Headline(
        lead=lead,
        subject=row.name,
        value="" if row.span else row.head,
        detail=", ".join(part for part in (size, row.severity) if part),
    )


def _sight(rows: tuple[Row, ...], versus: Versus) -> Headline:
    """What a comparison of a thing with itself has to say: how small a change can be seen, if it can be trusted."""
    odd = next((row for row in rows if row.status in ("regression", "improvement")), None)
    if odd is not None:
        return _about("The same code differs from itself, so do not trust comparisons here", odd, versus)
    found = extremes(versus.noise)
    if found is None:
        return Headline(lead="Too few rounds to tell which changes can be seen here")
    least, most = (line.detectable for line in found)
    if least == most:
        return Headline(lead=f"Changes of {least} and more can be seen here")
    return Headline(lead=f"Changes of {least} to {most} and more can be seen here, depending on the metric")


def _broken_part(result: Result) -> str:
    if not is_broken(result):
        return ""
    broken = {record.name for record in result.run.scenarios if record.status == "broken"}
    broken |= {verdict.scenario for verdict in result.with_status("broken")}
    total = max(len(result.run.scenarios), len(broken))
    if not broken:
        lost = next(filter(None, map(_LOST.match, result.gate.reasons)), None)
        return lost[0] if lost else "the run is broken"
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
    doubtful = sum(row.status == "inconclusive" for row in rows)
    certain = len(compared) - doubtful
    if not certain:
        return f"nothing certain about {words.count(len(rows), 'metric')}: noise may hide changes"
    of = f" of {len(rows):,}" if certain < len(rows) else ""
    rest = (
        (accepted, "accepted regression"),
        (sum(row.status == "improvement" for row in rows), "improvement"),
        (doubtful, "inconclusive metric"),
    )
    none = f"no {'other ' if accepted else ''}regression in {certain:,}{of} metric{'s' if len(rows) > 1 else ''}"
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
