"""What to do next: where to look first, how to measure again, how to accept. All of it in Markdown."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from perfreg.model.result import Result
from perfreg.report import words
from perfreg.report.escape import markdown_code, markdown_text, visible
from perfreg.report.row import Row
from perfreg.report.view import View

ACCEPT_LABEL = "perf-accepted"
ACCEPT_COMMAND = "/perfreg accept"

_HEALTHY = 0.7
_MOST_NAMES = 5
_PLAIN = re.compile(r"[A-Za-z0-9_./-]{1,100}")
_TAME = re.compile(r"[A-Za-z0-9_.-]{1,120}")


def recommendations(result: Result, said: View) -> Iterator[str]:
    """What a reader should do, as sentences."""
    regressions = [row for row in said.rows if row.status == "regression" and not row.accepted]
    if regressions:
        worst = regressions[0]
        graver = ", which is critical" if worst.severity == "critical" else ""
        yield f"Start with {markdown_code(worst.name)}{graver}: profile it on both revisions before merging."
    if any(row.plan is not None for row in said.rows):
        yield "A query plan has changed: look for a missing index or for statistics that are out of date."
    if len(regressions) > 2 and len({row.scenario for row in regressions}) > 1:
        yield "Several scenarios became slower together: look for what they share before looking at each."
    health = result.baseline.health
    if health is not None and health < _HEALTHY:
        concerns = "; ".join(visible(each) for each in result.baseline.concerns)
        why = f" ({markdown_text(concerns)})" if concerns else ""
        yield f"The baseline's health is {health:.2f} of 1{why}: renew it with `perfreg run --establish-baselines`."
    if not regressions and any(row.status == "improvement" for row in said.rows):
        yield "Improvements become the baseline with the next runs of the base branch; nothing has to be done."


def repetition(result: Result, said: View) -> str:
    """The command that measures this again, on any machine; empty where it could not be typed."""
    if said.versus is not None:
        return said.versus.repeat
    rows = [row for row in said.rows if row.moved] or list(said.rows)
    known = {record.name for record in result.run.scenarios}
    names = [name for name in dict.fromkeys(row.scenario for row in rows) if name in known and _PLAIN.fullmatch(name)]
    flags = "".join(f" --scenario {shlex.quote(name)}" for name in names[:_MOST_NAMES] if not name.startswith("-"))
    return f"perfreg run{flags}"


def acceptance(rows: Sequence[Row]) -> str:
    """How somebody who may write can accept what regressed; empty where nothing did."""
    regressions = [row for row in rows if row.status == "regression" and not row.accepted]
    if not regressions:
        return ""
    glob = regressions[0].name if _TAME.fullmatch(regressions[0].name) else "GLOB"
    return (
        f"Is it worth it? Whoever may write to the repository accepts it by the comment "
        f"{markdown_code(f'{ACCEPT_COMMAND} {glob} REASON')}, or all of it by the label {markdown_code(ACCEPT_LABEL)}; "
        f"so does the line {markdown_code(f'Perf-Accept: {glob} REASON')} in a commit's message. Then run it again."
    )


def sight(rows: Sequence[Row]) -> str:
    """How small a change could be told from noise, from the intervals: for runs that are held against history."""
    halves = sorted(
        (row.span.high - row.span.low) / 2
        for row in rows
        if row.span is not None and 0 < row.span.high - row.span.low < float("inf")
    )
    if not halves:
        return ""
    median, widest = halves[len(halves) // 2], halves[-1]
    rest = f", and the widest of ±{words.number(round(widest, 2))} %" if widest > median else ""
    return f"half of the intervals are within ±{words.number(round(median, 2))} %{rest}: smaller changes drown in noise"
