"""Results of the legs of one workflow run, put together: one report, one gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from perfreg.errors import InputError
from perfreg.model.comparison import Comparison
from perfreg.model.result import BaselineInfo, Gate, GateStatus, Result
from perfreg.model.run import Run

_WORSE: tuple[GateStatus, ...] = ("pass", "warn", "fail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One result and what to call it where scenarios of several legs have the same name."""

    name: str
    result: Result


def together(legs: Sequence[Leg], *, expected: int = 0, problems: Sequence[str] = ()) -> Result:
    """One result of all ``legs``; the first one's commit and environment stand for all.

    ``problems`` are sentences about results that cannot be used. Where there are some, or fewer than ``expected`` have
    come, nobody knows what the others would say: the whole is broken, and the gate fails. Raises `InputError` when
    there is no leg, or when they do not belong together.
    """
    if not legs:
        if problems:
            raise InputError("; ".join(problems))
        raise InputError("there is no result", hint="name the result.json of each leg, or a directory with them")
    if len(legs) == 1 and expected <= 1 and not problems:
        return legs[0].result
    _check(legs)
    named = _distinct(legs)
    first = named[0]
    gate, missing = _gate(named), max(0, expected - len(named) - len(problems))
    run = _run([each.run for each in named])
    notes = [*dict.fromkeys(note for each in named for note in each.notes), *_machines(named)]
    lost = list(problems)
    if missing:
        why = "they failed before they could measure, or were cancelled"
        lost.append(f"{missing} of {expected} legs gave no result: {why}")
    if lost:
        gate = replace(gate, status="fail", reasons=(*lost, *gate.reasons))
        run = replace(run, status="broken")
    return replace(
        first,
        run=run,
        verdicts=tuple(verdict for each in named for verdict in each.verdicts),
        gate=gate,
        baseline=_baseline([each.baseline for each in named]),
        notes=tuple(notes),
        comparison=_comparison([each.comparison for each in named if each.comparison]),
        shifts=tuple(shift for each in named for shift in each.shifts),
        timelines=tuple(timeline for each in named for timeline in each.timelines),
    )


def _check(legs: Sequence[Leg]) -> None:
    first = legs[0]
    for leg in legs[1:]:
        for what, mine, others in (
            ("commit", leg.result.run.source.commit, first.result.run.source.commit),
            ("kind", _kind(leg.result), _kind(first.result)),
        ):
            if mine != others:
                differ = f"{mine or 'none'} and {others or 'none'}"
                raise InputError(
                    f"{leg.name!r} and {first.name!r} are of different {what}s: {differ}",
                    hint="put together the legs of one workflow run only",
                )


def _kind(result: Result) -> str:
    return "comparison" if result.comparison else "run"


def _distinct(legs: Sequence[Leg]) -> list[Result]:
    """The results with scenarios that are called after their leg too where several legs have them."""
    times = Counter(name for leg in legs for name in {record.name for record in leg.result.run.scenarios})
    return [_renamed(leg, {name for name, count in times.items() if count > 1}) for leg in legs]


def _renamed(leg: Leg, shared: set[str]) -> Result:
    names = {record.name for record in leg.result.run.scenarios} & shared
    if not names:
        return leg.result

    def new(name: str) -> str:
        return f"{name} ({leg.name})" if name in names else name

    def named(metrics: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"{new(name)}{dot}{metric}" for name, dot, metric in (each.rpartition(".") for each in metrics))

    result = leg.result
    run = replace(
        result.run,
        scenarios=tuple(replace(each, name=new(each.name)) for each in result.run.scenarios),
        measurements=tuple(replace(each, scenario=new(each.scenario)) for each in result.run.measurements),
        regressed=named(result.run.regressed),
    )
    comparison = result.comparison and replace(
        result.comparison, noise=tuple(replace(each, scenario=new(each.scenario)) for each in result.comparison.noise)
    )
    return replace(
        result,
        run=run,
        verdicts=tuple(replace(each, scenario=new(each.scenario)) for each in result.verdicts),
        gate=replace(result.gate, failed=named(result.gate.failed)),
        comparison=comparison,
        shifts=tuple(replace(each, scenario=new(each.scenario)) for each in result.shifts),
        timelines=tuple(replace(each, scenario=new(each.scenario)) for each in result.timelines),
    )


def _gate(results: Sequence[Result]) -> Gate:
    """The worst answer, with the reasons of the worst first."""
    by_rank = sorted((each.gate for each in results), key=lambda gate: _WORSE.index(gate.status), reverse=True)
    return Gate(
        status=by_rank[0].status,
        reasons=tuple(dict.fromkeys(reason for gate in by_rank for reason in gate.reasons)),
        failed=tuple(name for gate in by_rank for name in gate.failed),
    )


def _run(runs: Sequence[Run]) -> Run:
    return replace(
        runs[0],
        started_at=min(each.started_at for each in runs),
        duration_s=sum(each.duration_s for each in runs),
        status="broken" if any(each.status == "broken" for each in runs) else "ok",
        regressed=tuple(name for each in runs for name in each.regressed),
        scenarios=tuple(record for each in runs for record in each.scenarios),
        measurements=tuple(point for each in runs for point in each.measurements),
    )


def _baseline(infos: Sequence[BaselineInfo]) -> BaselineInfo:
    """The one that can be relied on least, with what all of them lack."""
    weakest = min(infos, key=lambda info: (info.runs > 0, info.health if info.health is not None else 1.0, info.runs))
    return replace(weakest, concerns=tuple(dict.fromkeys(concern for info in infos for concern in info.concerns)))


def _comparison(found: Sequence[Comparison]) -> Comparison | None:
    if not found:
        return None
    return replace(
        found[0],
        budget_s=sum(each.budget_s for each in found),
        elapsed_s=sum(each.elapsed_s for each in found),
        restarts=sum(each.restarts for each in found),
        noise=tuple(noise for each in found for noise in each.noise),
    )


def _machines(results: Sequence[Result]) -> Iterable[str]:
    models = dict.fromkeys(each.run.environment.cpu_model for each in results)
    if len({each.run.environment.key for each in results}) > 1:
        yield f"the legs ran on different machines: {', '.join(models)}"
