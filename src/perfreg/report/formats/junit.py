"""The result as JUnit XML, which every CI system shows: scenarios are suites, metrics are tests.

Only what fails the gate is a failure. What is broken is an error, what could not be told is skipped, and the rest has
passed: a regression that the gate lets through too, and it says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from perfreg.model.result import Result, Verdict, VerdictStatus
from perfreg.report import words
from perfreg.report.escape import TEXT_LIMIT, visible, visible_lines
from perfreg.report.format import ReportFile, ReportFormat
from perfreg.report.row import UNCOMPARED, Row, sorted_rows
from perfreg.report.timings import MILLISECONDS

_SKIPPED: tuple[VerdictStatus, ...] = ("inconclusive", *UNCOMPARED)
_LONGEST_S = 1e9
_GATE = "gate"
_COMMAND = re.compile(r"^(\s*)::", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One test. ``outcome`` is the element that says it did not pass, empty when it did."""

    suite: str
    name: str
    outcome: str = ""
    kind: str = ""
    message: str = ""
    details: tuple[str, ...] = ()
    seconds: float | None = None


def render(result: Result) -> str:
    """The document, by the schema that Jenkins publishes for such files."""
    cases = list(_cases(result))
    if result.gate.status == "fail" and not any(case.outcome in ("failure", "error") for case in cases):
        cases.append(_gate(result))
    durations = {visible(record.name): record.duration_s for record in result.run.scenarios}
    suites: dict[str, list[_Case]] = {name: [] for name in durations}
    for case in cases:
        suites.setdefault(case.suite, []).append(case)
    head = {"name": "perfreg", **_counts(cases), "time": _time(result.run.duration_s)}
    del head["skipped"]  # which the schema allows for suites alone
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites{_attributes(head)}>"]
    for name, mine in suites.items():
        lines += _suite(name, mine, durations.get(name), visible(result.run.started_at, 40))
    return "\n".join((*lines, "</testsuites>", ""))


def _cases(result: Result) -> Iterator[_Case]:
    failed = set(result.gate.failed)
    for verdict in result.verdicts:
        (row,) = sorted_rows((verdict,))
        yield _case(verdict, row, failed=f"{verdict.scenario}.{verdict.metric}" in failed)
    told = {visible(each.scenario) for each in result.with_status("broken")}
    for record in result.run.scenarios:
        name = visible(record.name)
        if record.status == "broken" and name not in told:
            reasons = tuple(line for reason in record.reasons for line in visible_lines(reason))
            message = reasons[0] if reasons else "the scenario did not finish"
            yield _Case(suite=name, name="all", outcome="error", kind="broken", message=message, details=reasons)


def _case(verdict: Verdict, row: Row, *, failed: bool) -> _Case:
    details = tuple(f"{label}: {text}" for label, text in _facts(row) if text)
    outcome = ""
    if verdict.status == "broken":
        outcome, details = "error", visible_lines(verdict.reason)
    elif failed:
        outcome = "failure"
    elif verdict.status in _SKIPPED:
        outcome = "skipped"
    size = " ".join(part for part in (row.change, row.interval) if part) if row.span else ""
    return _Case(
        suite=row.scenario,
        name=row.metric,
        outcome=outcome,
        kind=row.word,
        message=": ".join(part for part in (row.verdict, size, row.reason) if part),
        details=details,
        seconds=_seconds(verdict),
    )


def _facts(row: Row) -> tuple[tuple[str, str], ...]:
    return (
        ("verdict", row.verdict),
        ("base", row.base if row.base != words.NOT_APPLICABLE else ""),
        ("head", row.head if row.head != words.NOT_APPLICABLE else ""),
        ("change", " ".join(part for part in (row.change, row.interval) if part) if row.span else ""),
        ("method", row.method),
        ("reason", row.reason),
    )


def _gate(result: Result) -> _Case:
    """Stands for a gate that fails for none of the tests: nothing was measured, a result is missing."""
    reasons = tuple(visible(reason, TEXT_LIMIT) for reason in result.gate.reasons)
    message = reasons[0] if reasons else "the gate failed"
    return _Case(suite=_GATE, name=_GATE, outcome="failure", kind=_GATE, message=message, details=reasons)


def _seconds(verdict: Verdict) -> float | None:
    if verdict.head is None or verdict.unit not in MILLISECONDS:
        return None
    return verdict.head * MILLISECONDS[verdict.unit] / 1e3


def _suite(name: str, cases: list[_Case], duration_s: float | None, started_at: str) -> Iterator[str]:
    head = {"name": name, **_counts(cases), "time": _time(duration_s), "timestamp": started_at}
    yield f"  <testsuite{_attributes(head)}>"
    for case in cases:
        yield from _test(case)
    yield "  </testsuite>"


def _test(case: _Case) -> Iterator[str]:
    head = _attributes({"classname": f"perfreg.{case.suite}", "name": case.name, "time": _time(case.seconds, digits=9)})
    details = _text("\n".join(case.details))
    if case.outcome:
        about = _attributes({"message": case.message, "type": case.kind})
        body = f"<{case.outcome}{about}>{details}</{case.outcome}>"
    else:
        body = f"<system-out>{details}</system-out>"
    yield f"    <testcase{head}>{body}</testcase>"


def _counts(cases: Iterable[_Case]) -> dict[str, str]:
    outcomes = [case.outcome for case in cases]
    kinds = (("tests", None), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    return {name: f"{len(outcomes) if kind is None else outcomes.count(kind)}" for name, kind in kinds}


def _time(seconds: float | None, digits: int = 3) -> str:
    """Plain decimals, as the schema has it; empty for what is no time."""
    return f"{abs(seconds):.{digits}f}" if seconds is not None and 0 <= seconds <= _LONGEST_S else ""


def _attributes(members: Mapping[str, str]) -> str:
    optional = ("time", "timestamp", "type")
    return "".join(f' {name}="{_text(text)}"' for name, text in members.items() if text or name not in optional)


def _text(text: str) -> str:
    """Escaped for text and attributes. What some CI systems take for commands of a log is written as references."""
    plain = escape(text, {'"': "&quot;"}).replace("##", "#&#35;")
    return _COMMAND.sub(r"\1&#58;:", plain)


def _files(result: Result) -> tuple[ReportFile, ...]:
    return (ReportFile(name="junit.xml", content=render(result).encode("utf-8", "replace")),)


FORMAT = ReportFormat(
    name="junit", summary="JUnit XML: a test for each metric, for the test report of any CI system",
    file_name="junit.xml", render=_files,
)  # fmt: skip
