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
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_COMMIT_SHOWN = 12


def recommendations(result: Result, said: View) -> Iterator[str]:
    """What a reader should do, as sentences."""
    if said.rows and result.comparison is None and not any(row.compared for row in said.rows):
        yield from _first(result)
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
    if any(row.moved for row in said.rows):
        yield from repetition(result, said)


def _first(result: Result) -> Iterator[str]:
    """What to do where there is nothing to compare with yet."""
    if result.run.status == "ok" and result.run.trust != "none":
        yield "This run was kept as a baseline, so later ones have something to be compared with. Nothing is to do."
    else:
        branch = visible(result.run.source.base_branch)
        where = markdown_code(branch) if branch else "the base branch"
        yield f"Comparisons begin with the first clean run of {where} on such a machine, which becomes the baseline."


def repetition(result: Result, said: View) -> Iterator[str]:
    """The commands that measure this again, on any machine; none where they could not be typed."""
    if said.versus is not None:
        if said.versus.repeat:
            yield f"Measure it again: {markdown_code(f'{_fetch(result)}{said.versus.repeat}')}"
        return
    rows = [row for row in said.rows if row.moved] or list(said.rows)
    known = {record.name for record in result.run.scenarios}
    names = [name for name in dict.fromkeys(row.scenario for row in rows) if name in known and _PLAIN.fullmatch(name)]
    flags = "".join(f" --scenario {shlex.quote(name)}" for name in names[:_MOST_NAMES] if not name.startswith("-"))
    yield f"Measure it again: {markdown_code(f'perfreg run{flags}')}"
    base, head = result.baseline.newest_commit[:_COMMIT_SHOWN], result.run.source.commit[:_COMMIT_SHOWN]
    if base != head and not result.run.source.dirty and all(map(_COMMIT.fullmatch, (base, head))):
        # Baselines belong to a kind of machine, and the reader's is another one.
        line = f"perfreg compare --base {base} --head {head}{flags}"
        yield f"On another machine, side by side with the newest baseline: {markdown_code(line)}"


def _fetch(result: Result) -> str:
    """What brings the head here if it is a merge that only the code host has made."""
    source = result.run.source
    is_merge = len(source.parents) > 1 and source.pull_request and not source.dirty
    return f"git fetch origin {source.commit} && " if is_merge and _COMMIT.fullmatch(source.commit) else ""


def acceptance(rows: Sequence[Row], *, is_request: bool, has_history: bool) -> str:
    """How somebody who may write can accept what regressed; empty where nothing did.

    Only on a pull request (``is_request``) are comments and labels obeyed, and only runs that are held against history
    are stored for a command to accept them.
    """
    regressions = [row for row in rows if row.status == "regression" and not row.accepted]
    if not regressions:
        return ""
    glob = regressions[0].name if _TAME.fullmatch(regressions[0].name) else "GLOB"
    trailer = f"the line {markdown_code(f'Perf-Accept: {glob} REASON')} in a commit's message"
    if not is_request:
        command = markdown_code(f"perfreg baseline accept {glob} --reason REASON")
        return f"**To accept it**, if it is meant to be: {f'{command}, or ' if has_history else ''}{trailer}."
    return (
        f"**To accept it**, if it is meant to be: whoever may write to the repository comments "
        f"{markdown_code(f'{ACCEPT_COMMAND} {glob} REASON')}, or sets the label {markdown_code(ACCEPT_LABEL)} for all "
        f"of it; {trailer} does the same. Then run the job again."
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
    middle, widest = (f"±{words.number(round(half, 2))} %" for half in (halves[len(halves) // 2], halves[-1]))
    if middle == widest:
        return f"The intervals reach {widest} around the changes: smaller changes cannot be told from noise."
    return (
        f"Half of the intervals reach no further than {middle} around the change, the widest {widest}: "
        f"smaller changes cannot be told from noise."
    )


def is_doubt(note: str) -> bool:
    """Whether a note says that something else was going on while it was measured."""
    return note.startswith("disturbed")
