"""Every imported run is built here, from what the readers of the formats found out about it."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from perfreg.histories.dates import iso
from perfreg.histories.document import number
from perfreg.histories.format import Imported
from perfreg.histories.names import fitted, key
from perfreg.histories.units import Scale
from perfreg.histories.warning import Warnings
from perfreg.model.identity import results_hash, uuid7
from perfreg.model.run import Environment, Measurement, Run, ScenarioRecord, Source

_UNDATED = 946_684_800_000  # 2000-01-01: before whatever has a date
_LONGEST_RUN = 4000  # measurements; the exchange form limits the length of a record
UNKNOWN = Environment(key="", os="", architecture="", cpu_model="", cpus=0.0, memory_mb=0)
"""An environment of which nothing is known."""

_COMMIT = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One execution as a tool has stored it. ``content`` tells it from others; ``at`` is in ms since 1970.

    ``tool`` is the benchmarking tool that made the figures; a scenario's hash comes from it, the scenario's name, and
    what ``definitions`` say about the scenario. A run that is not ``trusted`` never becomes a baseline.
    """

    tool: str
    content: str
    at: int | None
    measurements: Sequence[Measurement]
    environment: Environment
    source: Source
    recorded_by: str
    definitions: Mapping[str, str] = field(default_factory=dict)
    trusted: bool = True


def imported(entries: Iterable[Entry], warnings: Warnings) -> Imported:
    """The runs of ``entries``, oldest first. Equal entries make equal runs, and one of each is enough."""
    runs: dict[str, Run] = {}
    previous = _UNDATED - 1
    for entry in entries:
        if not entry.measurements:
            warnings.count("entries left out because nothing in them was usable")
            continue
        if entry.at is None:
            warnings.count("entries without a date, taken in the order they stand in")
        previous = previous + 1 if entry.at is None else entry.at
        runs.update((run.id, run) for run in _runs(entry, previous))
    _note_direction(runs.values(), warnings)
    return Imported(runs=tuple(runs[name] for name in sorted(runs)), warnings=warnings.sentences())


def _runs(entry: Entry, at: int) -> Iterator[Run]:
    """The run of ``entry``, in several pieces when it is too long to be stored as one record."""
    measurements = _distinct(entry.measurements)
    for start in range(0, len(measurements), _LONGEST_RUN):
        yield _run(entry, at, start, measurements[start : start + _LONGEST_RUN])


def _run(entry: Entry, at: int, start: int, measurements: Sequence[Measurement]) -> Run:
    names = dict.fromkeys(each.scenario for each in measurements)
    return Run(
        id=uuid7(at, _digest(entry.recorded_by, entry.tool, entry.environment.key, entry.content, start)),
        started_at=iso(at),
        duration_s=0.0,
        tool_version=entry.recorded_by,
        source=entry.source,
        environment=entry.environment,
        config_hash="",
        status="ok",
        trust="established" if entry.trusted else "none",
        scenarios=tuple(
            ScenarioRecord(
                name=name, kind="results", hash=results_hash(entry.tool, name, entry.definitions.get(name, ""))
            )
            for name in names
        ),
        measurements=tuple(measurements),
    )


def in_environment(run: Run, environment: Environment) -> Run:
    """``run`` as if it had been made in ``environment``: another run, with an id of its own."""
    at = int(run.id[:8] + run.id[9:13], 16)
    return replace(run, id=uuid7(at, _digest(run.id, environment.key)), environment=environment)


def _digest(*parts: str | int) -> bytes:
    return hashlib.sha256(json.dumps(parts).encode()).digest()[:10]


def _distinct(measurements: Sequence[Measurement]) -> list[Measurement]:
    """The same with scenarios numbered where a metric comes up again, as no two figures of a run share a name."""
    found: dict[tuple[str, str], Measurement] = {}
    repeats: Counter[tuple[str, str]] = Counter()
    for each in measurements:
        name = each.scenario
        while (name, each.metric) in found:
            repeats[each.scenario, each.metric] += 1
            name = fitted(each.scenario, f" ({repeats[each.scenario, each.metric] + 1})")
        found[name, each.metric] = each if name == each.scenario else replace(each, scenario=name)
    return list(found.values())


def _note_direction(runs: Iterable[Run], warnings: Warnings) -> None:
    sentence = "metrics that only inform until a configuration gives their better direction"
    for name in {each.metric: None for run in runs for each in run.measurements if each.direction == "none"}:
        warnings.name(sentence, name)


def figure(scenario: str, scale: Scale, value: object, *, n: object = 1, **statistics: object) -> Measurement | None:
    """A measurement from a foreign ``value`` and ``statistics`` of its samples in the same unit; None for no number."""
    scaled = _scaled(value, scale)
    if scaled is None:
        return None
    metric, samples = scale.metric, number(n)
    known = {name: _scaled(each, scale) for name, each in statistics.items()}
    return Measurement(
        scenario=fitted(scenario),
        metric=metric.name,
        unit=metric.unit,
        direction=metric.direction,
        nature=metric.nature,
        value=scaled,
        n=int(samples) if samples is not None and 1 <= samples <= 1e12 else 1,
        mean=known.get("mean"),
        std=known.get("std"),
        min=known.get("min"),
        max=known.get("max"),
        p50=known.get("p50"),
        std_error=known.get("std_error"),
    )


def _scaled(value: object, scale: Scale) -> float | None:
    found = number(value)
    return None if found is None else number(found * scale.factor)


def commit(value: object) -> str:
    """The hash of a commit, empty when it is not one: what reads it later runs git."""
    found = value.strip().lower() if isinstance(value, str) else ""
    return found if _COMMIT.fullmatch(found) else ""


def environment_key(tool: str, *identity: str) -> str:
    """A key that says that it is imported, as none does of a machine that perfreg has seen itself."""
    return key("imported", tool, *identity)
