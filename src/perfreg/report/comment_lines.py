"""What a comment says of its results beside their metrics, line by line; of several results, what differs is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from perfreg.model.result import Result
from perfreg.report import advice, facts, words
from perfreg.report import markdown_parts as parts
from perfreg.report.escape import markdown_code, markdown_text, visible
from perfreg.report.view import View

NUMBERS = (
    *("status", "scenarios", "duration", "total", "successful"),
    *("regressions", "critical", "improvements", "baseline health"),
)
ABOUT = "Environment, run, and how to measure this again"
_NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the results that a comment is about; ``name`` is empty when there is one alone."""

    name: str
    result: Result
    said: View

    @property
    def prefix(self) -> str:
        """What tells a line about this one from those about the others."""
        return f"{markdown_code(self.name)}: " if self.name else ""


def numbers(part: Part) -> tuple[str, ...]:
    """The cells below `NUMBERS`."""
    result, rows = part.result, part.said.rows
    records = result.run.scenarios
    names = ", ".join(markdown_code(visible(record.name, 80), cell=True) for record in records[:_NAMES_SHOWN])
    more = f" and {len(records) - _NAMES_SHOWN:,} more" if len(records) > _NAMES_SHOWN else ""
    regressions = [row for row in rows if row.status == "regression"]
    accepted = sum(row.accepted for row in regressions)
    return (
        f"{part.said.mood}",
        f"{names}{more}" or "none",
        words.duration(result.run.duration_s),
        f"{len(records):,}",
        f"{sum(record.status == 'ok' for record in records):,}",
        f"{len(regressions):,}{f' ({accepted:,} accepted)' if accepted else ''}",
        f"{sum(row.severity == 'critical' and not row.accepted for row in regressions):,}",
        f"{sum(row.status == 'improvement' for row in rows):,}",
        _health(result),
    )


def _health(result: Result) -> str:
    if result.comparison is not None:
        return "not needed: side by side"
    if result.baseline.health is not None:
        return f"{result.baseline.health:.2f} of 1"
    return "not rated" if result.baseline.runs else "no baseline"


def sides(told: Sequence[Part]) -> Iterator[str]:
    """What was compared with what."""

    def mine(part: Part) -> facts.Facts:
        return part.said.sides or (("Code", part.said.origin), ("Baseline", part.said.baseline))

    return _labelled(told, mine)


def _labelled(told: Sequence[Part], facts_of: Callable[[Part], facts.Facts]) -> Iterator[str]:
    """Facts as a list; those in which all results agree stand there once, for all of them."""
    found = [(part, facts_of(part)) for part in told]
    shared = set(found[0][1]).intersection(*(mine for _, mine in found)) if found else set()
    yield from (f"- {label}: {markdown_text(text)}" for label, text in found[0][1] if (label, text) in shared)
    for part, mine in found:
        own = ((label, text) for label, text in mine if (label, text) not in shared)
        yield from (f"- {part.prefix}{label}: {markdown_text(text)}" for label, text in own)


def gate(told: Sequence[Part]) -> Iterator[str]:
    """Why the gate answers as it does; nothing where there is nothing to say."""
    for part in told:
        if part.said.gate_reasons:
            yield f"{part.prefix}Gate: **{part.said.gate}**"
            yield ""
            yield from (f"- {markdown_text(reason)}" for reason in part.said.gate_reasons)
            yield ""


def recommended(told: Sequence[Part]) -> Iterator[str]:
    """What to do next."""
    found = [(part.prefix, line) for part in told for line in advice.recommendations(part.result, part.said)]
    if found:
        yield "**Recommended**:"
        yield ""
        yield from (f"- {prefix}{line}" for prefix, line in found)


def acceptance(told: Sequence[Part]) -> Iterator[str]:
    """How to accept what has regressed."""
    rows = [row for part in told for row in part.said.rows]
    is_request = any(part.result.run.source.pull_request for part in told)
    has_history = any(part.said.versus is None for part in told)
    line = advice.acceptance(rows, is_request=is_request, has_history=has_history)
    if line:
        yield line


def doubts(told: Sequence[Part]) -> Iterator[str]:
    """What makes the numbers themselves doubtful."""
    for part in told:
        together: dict[str, list[str]] = {}
        for scenario, sentence in part.said.warnings:
            together.setdefault(sentence, []).append(scenario)
        for sentence, names in together.items():
            yield f"- ⚠️ {part.prefix}{parts.some(names)}: {markdown_text(sentence)}"
        yield from (f"- ⚠️ {part.prefix}{markdown_text(note)}" for note in part.said.notes if advice.is_doubt(note))


def noise(told: Sequence[Part]) -> Iterator[str]:
    """How small a change could be seen."""
    for part in told:
        if part.said.versus is None:
            line = advice.sight(part.said.rows)
            yield from (f"- {part.prefix}{line}",) if line else ()
        else:
            yield from parts.bullets(parts.noise(part.said.versus), part.prefix)


def reasons(told: Sequence[Part]) -> Iterator[str]:
    """Why each verdict is what it is."""
    for part in told:
        yield from parts.bullets(parts.reasons(part.said.rows), part.prefix)


def about(told: Sequence[Part]) -> Iterator[str]:
    """The environment, the run, and how to measure again."""

    def mine(part: Part) -> facts.Facts:
        return (("Environment", part.said.environment), *facts.run_facts(part.result))

    for part in told:
        if not any(row.moved for row in part.said.rows):
            # Otherwise it is among what is recommended.
            yield from parts.bullets(advice.repetition(part.result, part.said), part.prefix)
    yield from _labelled(told, mine)
    for part in told:
        notes = (note for note in part.said.notes if not advice.is_doubt(note))
        yield from (f"- {part.prefix}Note: {markdown_text(note)}" for note in notes)
