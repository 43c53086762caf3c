"""From measurements, baselines and rules to verdicts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from perfreg.analysis.baseline import Baseline, of_series
from perfreg.analysis.evidence import Evidence, Finding, is_worse
from perfreg.analysis.finding import examine
from perfreg.model.history import Series, SeriesKey
from perfreg.model.result import Budget, Verdict
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


def judge(run: Run, history: Mapping[SeriesKey, Series], policy: Policy) -> tuple[Verdict, ...]:
    """One verdict for each measurement of ``run``, and one for each scenario that measured nothing.

    Everything that is tested shares one false discovery rate, so that many metrics do not make many alarms; a rule
    with a limit is taken at its word.
    """
    records = {record.name: record for record in run.scenarios}
    broken = tuple(verdict for record in run.scenarios for verdict in _broken(record, run.measurements))
    sound = [each for each in run.measurements if records[each.scenario].status == "ok"]
    findings = [_finding(each, history[_key(each, records[each.scenario].hash, run)], policy) for each in sound]
    verdicts = (conclude(finding, significant=each) for finding, each in _significant(findings, policy.level))
    return broken + tuple(_excused(verdict, policy) for verdict in verdicts)


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


def _finding(measurement: Measurement, series: Series, policy: Policy) -> Finding:
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
    return examine(measurement, baseline, rule, level=policy.level)


def conclude(finding: Finding, *, significant: bool) -> Verdict:
    """The verdict of one finding, once it is known which of all findings are significant."""
    verdict, rule = finding.verdict, finding.rule
    if finding.evidence is not None:
        verdict = _weigh(verdict, rule, finding.evidence, significant=significant)
    verdict = _budget(verdict, rule)
    if verdict.status == "regression" and rule.severity is not None:
        verdict = replace(verdict, severity=rule.severity)
    return verdict


def _weigh(verdict: Verdict, rule: ResolvedRule, evidence: Evidence, *, significant: bool) -> Verdict:
    if rule.direction == "none":
        return replace(verdict, reason=f"{evidence.words}; informative, as it has no better direction")
    if evidence.size_pct < rule.tolerance_pct:
        return replace(verdict, reason=f"{evidence.words}, within the tolerance of {rule.tolerance_pct:g} %")
    worse = is_worse(rule.direction, grew=evidence.grew)
    if not significant and evidence.p_value is None:
        return replace(verdict, reason=f"{evidence.words}, within the limit")
    if not significant:
        # Only what may be a regression is worth a warning; a doubtful gain is none.
        doubt = f"{evidence.words}: too few or too noisy runs to tell it from chance"
        return replace(verdict, status="inconclusive" if worse else "unchanged", reason=doubt)
    if worse:
        return replace(verdict, status="regression", severity=evidence.severity, reason=evidence.words)
    return replace(verdict, status="improvement", reason=evidence.words)


def _budget(verdict: Verdict, rule: ResolvedRule) -> Verdict:
    """Absolute budgets hold whatever the baseline says, and also when there is none."""
    beyond = _beyond(verdict.head, rule)
    if not beyond:
        return verdict
    limit = rule.critical if beyond == "critical" else rule.warning
    side = "below" if rule.direction == "higher" else "above"
    words = f"{verdict.head:.4g} {verdict.unit} is {side} the {beyond} budget of {limit:.4g} {verdict.unit}"
    reason = "; ".join(part for part in (words, verdict.reason) if part)
    if beyond == "warning":
        return replace(verdict, budget=beyond, reason=reason)
    method = "+".join(part for part in (verdict.method, "budget") if part)
    return replace(verdict, status="regression", severity="critical", budget=beyond, method=method, reason=reason)


def _beyond(value: float | None, rule: ResolvedRule) -> Budget:
    """The gravest budget that ``value`` breaks."""
    if value is None:
        return ""
    sign = -1 if rule.direction == "higher" else 1
    if rule.critical is not None and sign * value > sign * rule.critical:
        return "critical"
    return "warning" if rule.warning is not None and sign * value > sign * rule.warning else ""
