"""One measurement held against its baseline, before it is known how many others were."""

from __future__ import annotations

from dataclasses import replace

from perfreg.analysis.baseline import Baseline
from perfreg.analysis.evidence import Evidence, Finding
from perfreg.analysis.exact import exact_change
from perfreg.analysis.ruling import rule_on
from perfreg.analysis.severity import severity_of
from perfreg.model.result import Verdict
from perfreg.model.rule import ResolvedRule
from perfreg.model.run import Measurement
from perfreg.stats.predict import excess_failures


def examine(measurement: Measurement, baseline: Baseline, rule: ResolvedRule, *, level: float) -> Finding:
    """Hold ``measurement`` against its ``baseline`` in the way its nature asks for."""
    verdict = Verdict(
        scenario=measurement.scenario,
        metric=measurement.metric,
        status="unchanged",
        direction=rule.direction,
        head=measurement.value,
        unit=measurement.unit,
        tolerance_pct=rule.tolerance_pct,
        baseline_runs=len(baseline.points),
        baseline_samples=baseline.samples,
    )
    if not baseline.points:
        return Finding(verdict=_without_baseline(verdict, baseline), rule=rule)
    if measurement.nature == "exact":
        return Finding(verdict=_exact(verdict, measurement, baseline, rule), rule=rule)
    if measurement.nature == "rate":
        return _rate(verdict, measurement, baseline, rule)
    return rule_on(verdict, measurement, baseline, rule, level=level)


def _without_baseline(verdict: Verdict, baseline: Baseline) -> Verdict:
    if baseline.elsewhere is None:
        return replace(verdict, status="no_baseline", reason=baseline.why)
    nearest = f"nearest baseline, for information: {baseline.elsewhere.value:.4g} {verdict.unit}"
    return replace(verdict, status="environment_mismatch", reason=f"{baseline.why} ({nearest})")


def _exact(verdict: Verdict, measurement: Measurement, baseline: Baseline, rule: ResolvedRule) -> Verdict:
    newest = baseline.points[-1]
    verdict = replace(verdict, base=newest.value, method="exact")
    if any(point.value == measurement.value for point in baseline.points):
        same = measurement.value == newest.value
        return replace(verdict, change_pct=0.0 if same else None, reason="exactly as in the baseline")
    if measurement.unit == "hash":
        texts = replace(verdict, base_text=newest.text, head_text=measurement.text)
        return replace(texts, status="inconclusive", reason="it is not the one of the baseline: compare both")
    return exact_change(verdict, newest.value, measurement.value, rule)


def _rate(verdict: Verdict, measurement: Measurement, baseline: Baseline, rule: ResolvedRule) -> Finding:
    failures = round(measurement.value * measurement.n / 100)
    past_trials = baseline.samples
    past_failures = round(sum(point.value * point.n for point in baseline.points) / 100)
    base = 100 * past_failures / past_trials if past_trials else 0.0
    change = 100 * (measurement.value - base) / base if base else None
    verdict = replace(verdict, base=base, change_pct=change, method="binomial")
    if measurement.value <= base:
        return Finding(verdict=replace(verdict, reason="no more failures than in the baseline"), rule=rule)
    expected = base * measurement.n / 100
    evidence = Evidence(
        p_value=excess_failures(failures, measurement.n, past_failures, past_trials),
        severity=severity_of((failures - expected) / max(1.0, expected) ** 0.5),
        grew=True,
        size_pct=abs(change) if change is not None else float("inf"),
        words=f"{failures} of {measurement.n} failed, {expected:.1f} would be as before",
    )
    return Finding(verdict=verdict, rule=rule, evidence=evidence)
