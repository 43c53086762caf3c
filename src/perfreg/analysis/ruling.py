"""A continuous metric under the decision rule that was chosen for it."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

from perfreg.analysis.baseline import Baseline
from perfreg.analysis.evidence import Evidence, Finding, change_pct, is_worse
from perfreg.analysis.severity import severity_beyond, severity_of
from perfreg.model.result import Severity, Verdict
from perfreg.model.rule import DEFAULT_DECISION, ResolvedRule
from perfreg.model.run import Measurement
from perfreg.stats.predict import relative_error
from perfreg.stats.rules.registry import rules
from perfreg.stats.rules.rule import Rule, Score


def rule_on(
    verdict: Verdict, measurement: Measurement, baseline: Baseline, resolved: ResolvedRule, *, level: float
) -> Finding:
    """Let the chosen rule score ``measurement`` against a baseline that has runs."""
    rule = rules()[resolved.decision]
    found = rule.score(
        [point.value for point in baseline.points],
        measurement.value,
        level=level,
        recent=resolved.recent,
        errors=(
            relative_error(measurement.value, measurement.std_error),
            [relative_error(point.value, point.std_error) for point in baseline.points],
        ),
    )
    verdict = replace(verdict, method=rule.name.replace("_", "-"))
    if found.score is None:
        return Finding(verdict=_unanswered(verdict, measurement, baseline, resolved, found), rule=resolved)
    verdict = replace(
        verdict,
        base=found.base,
        change_pct=found.change_pct,
        ci_low_pct=found.low_pct,
        ci_high_pct=found.high_pct,
    )
    limit = rule.limit if resolved.limit is None else resolved.limit
    evidence = Evidence(
        size_pct=float("inf") if found.change_pct is None else abs(found.change_pct),
        grew=found.score > 0,
        words=_words(rule, found, found.score, limit, len(baseline.points)),
        severity=_severity(found, found.score, limit),
        p_value=found.p_value if limit is None else None,
        beyond=limit is not None and abs(found.score) > limit,
    )
    return Finding(verdict=verdict, rule=resolved, evidence=evidence)


def _severity(found: Score, score: float, limit: float | None) -> Severity:
    if found.z is not None:
        return severity_of(found.z)
    return severity_beyond(score, limit or 0.0)


def _words(rule: Rule, found: Score, score: float, limit: float | None, count: int) -> str:
    runs = f"{count} baseline run{'s' if count > 1 else ''}"
    change = "" if found.change_pct is None else f"{found.change_pct:+.3g} %, "
    if rule.name == DEFAULT_DECISION and limit is None:
        return f"{change}{abs(score):.1f} standard deviations from {runs}"
    by = f"p = {found.p_value or 0.0:.2g}" if limit is None else f"limit {limit:g}"
    return f"{change}{abs(score):.3g} {rule.unit} (rule {rule.name}, {by}; {runs})"


def _unanswered(
    verdict: Verdict, measurement: Measurement, baseline: Baseline, resolved: ResolvedRule, found: Score
) -> Verdict:
    """The verdict where the rule has no answer: never a regression, and no doubt about what has hardly moved."""
    base = median(point.value for point in baseline.points)
    verdict = replace(verdict, base=base)
    if measurement.value == base:
        return replace(verdict, change_pct=0.0, reason="zero as before" if base == 0 else "exactly as before")
    reason = found.why
    if base != 0:
        change = change_pct(measurement.value, base)
        verdict = replace(verdict, change_pct=change)
        reason = f"{change:+.3g} %, but the rule {resolved.decision} has no answer: {found.why}"
    if resolved.direction == "none":
        return replace(verdict, reason=f"{reason}; informative, as it has no better direction")
    if base == 0:
        return replace(verdict, status="inconclusive", reason=reason)
    if abs(change) < resolved.tolerance_pct:
        return replace(verdict, reason=f"{change:+.3g} %, within the tolerance of {resolved.tolerance_pct:g} %")
    worse = is_worse(resolved.direction, grew=change > 0)
    return replace(verdict, status="inconclusive" if worse else "unchanged", reason=reason)
