"""From measurements, baselines and rules to verdicts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from perfreg.analysis.baseline import Baseline, of_series
from perfreg.analysis.common_mode import Move, move_of, shared_moves, whole_run, without
from perfreg.analysis.conclusion import conclude, settle
from perfreg.analysis.evidence import Finding
from perfreg.analysis.finding import examine
from perfreg.model.history import Series, SeriesKey
from perfreg.model.result import Verdict
from perfreg.model.rule import ResolvedRule
from perfreg.model.run import Measurement, Run, ScenarioRecord
from perfreg.stats.predict import discoveries
from perfreg.stats.rules.registry import rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What verdicts depend on besides the numbers.

    ``rule_of`` gives the rules of one measurement, ``acceptance_of`` the reason for which a regression of
    ``scenario.metric`` was accepted for the code that is judged (empty: it was not).
    """

    rule_of: Callable[[Measurement], ResolvedRule]
    acceptance_of: Callable[[str], str] = lambda _: ""
    min_samples: int = 20
    outlier_limit: float = 3.0
    adoption_threshold: float = 0.15
    level: float = 0.05
    common_mode: bool = True


def keys_of(run: Run) -> tuple[SeriesKey, ...]:
    """The series that the measurements of ``run`` belong to, in their order."""
    hashes = {record.name: record.hash for record in run.scenarios}
    return tuple(_key(each, hashes[each.scenario], run) for each in run.measurements)


def _key(measurement: Measurement, scenario_hash: str, run: Run) -> SeriesKey:
    return SeriesKey(
        environment=run.environment.key,
        scenario=measurement.scenario,
        scenario_hash=scenario_hash,
        metric=measurement.metric,
        unit=measurement.unit,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The verdicts of a run, and sentences about the run as a whole.

    ``measured`` are the verdicts before regard to what all scenarios share: what decides whether to measure again, and
    whether the run may be a baseline.
    """

    verdicts: tuple[Verdict, ...]
    measured: tuple[Verdict, ...]
    notes: tuple[str, ...] = ()


def judge(run: Run, history: Mapping[SeriesKey, Series], policy: Policy) -> tuple[Verdict, ...]:
    """One verdict for each measurement of ``run``, and one for each scenario that measured nothing.

    Everything that is tested shares one false discovery rate, so that many metrics do not make many alarms; a rule
    with a limit is taken at its word.
    """
    return judge_run(run, history, policy).verdicts


def judge_run(
    run: Run, history: Mapping[SeriesKey, Series], policy: Policy, passes: Mapping[str, int] | None = None
) -> Judged:
    """As `judge`, with what is to be said of the run as a whole. ``passes`` numbers the scenarios that were measured
    again: they share the machine's mood only with those of the same number."""
    records = {record.name: record for record in run.scenarios}
    broken = tuple(verdict for record in run.scenarios for verdict in _broken(record, run.measurements))
    sound = [each for each in run.measurements if records[each.scenario].status == "ok"]
    held = [_held(each, history[_key(each, records[each.scenario].hash, run)], policy) for each in sound]
    measured = _verdicts(held, policy)
    verdicts, notes = _without_shared(held, measured, policy, passes or {}) if policy.common_mode else (measured, ())
    return Judged(
        verdicts=broken + tuple(_excused(verdict, policy) for verdict in verdicts),
        measured=broken + tuple(_excused(verdict, policy) for verdict in measured),
        notes=notes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A measurement, what it is held against, and by which rules."""

    measurement: Measurement
    baseline: Baseline
    rule: ResolvedRule


def _verdicts(held: Sequence[_Held], policy: Policy) -> list[Verdict]:
    findings = [examine(each.measurement, each.baseline, each.rule, level=policy.level) for each in held]
    return [conclude(finding, significant=each) for finding, each in _significant(findings, policy.level)]


def _without_shared(
    held: Sequence[_Held], verdicts: list[Verdict], policy: Policy, passes: Mapping[str, int]
) -> tuple[list[Verdict], tuple[str, ...]]:
    """The verdicts with regard to what the scenarios of the run share, and the sentence about it."""
    moves = [_move(each) for each in held]
    known = [move for move in moves if move is not None]
    shared = shared_moves(known, passes)
    mine = [shared.get((move.scenario, move.kind)) if move else None for move in moves]
    if not any(mine):
        return verdicts, ()
    adjusted = [
        replace(each, measurement=without(_directed(each), part)) if part else each
        for each, part in zip(held, mine, strict=True)
    ]
    beside = _verdicts(adjusted, policy)
    sentence = whole_run(known, shared)
    settled = [
        settle(raw, other, part) if part else raw for raw, other, part in zip(verdicts, beside, mine, strict=True)
    ]
    return settled, (sentence,) if sentence else ()


def _move(held: _Held) -> Move | None:
    if not held.baseline.points:
        return None
    base = median(point.value for point in held.baseline.points)
    return move_of(_directed(held), base)


def _directed(held: _Held) -> Measurement:
    """The measurement with the direction that its rules give it."""
    return replace(held.measurement, direction=held.rule.direction)


def _significant(findings: Sequence[Finding], level: float) -> Iterator[tuple[Finding, bool]]:
    """Each finding with whether it is more than chance: together where there are p-values, else by its own limit."""
    p_values = [each.evidence.p_value for each in findings if each.evidence and each.evidence.p_value is not None]
    answers = iter(discoveries(p_values, level))
    for finding in findings:
        evidence = finding.evidence
        waits = evidence is not None and evidence.p_value is not None
        yield finding, next(answers) if waits else evidence is not None and evidence.beyond


def _excused(verdict: Verdict, policy: Policy) -> Verdict:
    if verdict.status != "regression":
        return verdict
    return replace(verdict, accepted=policy.acceptance_of(f"{verdict.scenario}.{verdict.metric}"))


def _broken(record: ScenarioRecord, measurements: Sequence[Measurement]) -> tuple[Verdict, ...]:
    if record.status == "ok":
        return ()
    reason = "; ".join(record.reasons) or "the scenario did not finish"
    mine = [each for each in measurements if each.scenario == record.name]
    if not mine:
        return (Verdict(scenario=record.name, metric="all", status="broken", direction="none", reason=reason),)
    return tuple(
        Verdict(
            scenario=each.scenario,
            metric=each.metric,
            status="broken",
            direction=each.direction,
            head=each.value,
            unit=each.unit,
            reason=reason,
        )
        for each in mine
    )


def _held(measurement: Measurement, series: Series, policy: Policy) -> _Held:
    rule = policy.rule_of(measurement)
    baseline = of_series(
        replace(series, direction=rule.direction),
        nature=measurement.nature,
        outlier_limit=math.inf if rules()[rule.decision].keeps_outliers else policy.outlier_limit,
        adoption_threshold=policy.adoption_threshold,
    )
    if 0 < baseline.samples < policy.min_samples and measurement.nature == "continuous":
        need = f"its baseline has {baseline.samples} of the {policy.min_samples} samples it needs"
        baseline = Baseline(why=f"{need}; run with --establish-baselines again or lower min_baseline_samples")
    return _Held(measurement=measurement, baseline=baseline, rule=rule)
