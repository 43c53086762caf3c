"""From measurements, baselines and rules to verdicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from perfreg.analysis.baseline import Baseline, of_metric, trusted
from perfreg.analysis.finding import Evidence, Finding, examine, is_worse
from perfreg.model.result import SEVERITIES, Severity, Verdict
from perfreg.model.rule import ResolvedRule
from perfreg.model.run import Measurement, Run, ScenarioRecord
from perfreg.stats.predict import discoveries


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What verdicts depend on besides the numbers. ``rule_of`` gives the rules of one measurement."""

    rule_of: Callable[[Measurement], ResolvedRule]
    min_samples: int = 20
    outlier_limit: float = 3.0
    level: float = 0.05


def judge(run: Run, history: Sequence[Run], policy: Policy) -> tuple[Verdict, ...]:
    """One verdict for each measurement of ``run``, and one for each scenario that measured nothing.

    Everything that is compared shares one false discovery rate, so that many metrics do not make many alarms.
    """
    past = trusted(history)
    records = {record.name: record for record in run.scenarios}
    broken = tuple(verdict for record in run.scenarios for verdict in _broken(record, run.measurements))
    sound = [each for each in run.measurements if records[each.scenario].status == "ok"]
    findings = [_finding(each, records[each.scenario], run, past, policy) for each in sound]
    p_values = [finding.evidence.p_value for finding in findings if finding.evidence]
    answers = iter(discoveries(p_values, policy.level))
    return broken + tuple(
        conclude(finding, significant=finding.evidence is not None and next(answers)) for finding in findings
    )


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


def _finding(
    measurement: Measurement, record: ScenarioRecord, run: Run, past: Sequence[Run], policy: Policy
) -> Finding:
    rule = policy.rule_of(measurement)
    baseline = of_metric(measurement, record, run.environment.key, past, outlier_limit=policy.outlier_limit)
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
    if not significant:
        doubt = f"{evidence.words}: too few or too noisy runs to tell it from chance"
        return replace(verdict, status="inconclusive", reason=doubt)
    if is_worse(rule.direction, grew=evidence.grew):
        return replace(verdict, status="regression", severity=severity_of(evidence.z), reason=evidence.words)
    return replace(verdict, status="improvement", reason=evidence.words)


def severity_of(z: float) -> Severity:
    """Severity by standard deviations from the baseline: above 4, 3, 2; anything milder is low."""
    size = abs(z)
    return SEVERITIES[(size > 2) + (size > 3) + (size > 4)]


def _budget(verdict: Verdict, rule: ResolvedRule) -> Verdict:
    """Absolute budgets hold whatever the baseline says, and also when there is none."""
    for name, limit in (("critical", rule.critical), ("warning", rule.warning)):
        if limit is None or verdict.head is None:
            continue
        higher_is_better = rule.direction == "higher"
        if not (verdict.head < limit if higher_is_better else verdict.head > limit):
            continue
        side = "below" if higher_is_better else "above"
        broken = f"{verdict.head:.4g} {verdict.unit} is {side} the {name} budget of {limit:.4g} {verdict.unit}"
        if name == "warning" and verdict.status == "regression":
            return replace(verdict, reason=f"{verdict.reason}; {broken}")
        severity: Severity = "critical" if name == "critical" else "low"
        method = "+".join(part for part in (verdict.method, "budget") if part)
        reason = "; ".join(part for part in (broken, verdict.reason) if part)
        return replace(verdict, status="regression", severity=severity, method=method, reason=reason)
    return verdict
