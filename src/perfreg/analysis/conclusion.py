"""From a finding to its verdict, once it is known what is more than chance."""

from __future__ import annotations

import math
from dataclasses import replace

from perfreg.analysis.common_mode import Shared
from perfreg.analysis.evidence import Evidence, Finding, is_worse
from perfreg.model.result import SEVERITIES, Budget, Verdict
from perfreg.model.rule import ResolvedRule


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


def settle(raw: Verdict, beside: Verdict, shared: Shared) -> Verdict:
    """The verdict as measured, in the light of the one ``beside`` what all scenarios ``shared``.

    What the machine explains is no finding, but never passes for sound either: a regression that all scenarios share
    becomes a doubt. A scenario that did not follow the others is told, and accused of nothing.
    """
    if raw.budget == "critical" or raw.change_pct is None or beside.change_pct is None:
        return raw
    words = (
        f"the {shared.companions} other scenarios moved by {_signed(raw, shared):+.2g} % alike,"
        f" beside them it is {beside.change_pct:+.3g} %"
    )
    reason = f"{raw.reason}; {words}"
    if raw.status == "regression" and beside.status != "regression":
        return replace(raw, status="inconclusive", severity=None, reason=reason)
    if raw.status == "regression":
        severity = min((raw.severity, beside.severity), key=lambda each: SEVERITIES.index(each) if each else 0)
        return replace(raw, severity=severity, reason=reason)
    if raw.status in ("inconclusive", "improvement") and beside.status == "unchanged":
        return replace(raw, status="unchanged", reason=reason)
    return replace(raw, reason=reason) if beside.status != raw.status else raw


def _signed(raw: Verdict, shared: Shared) -> float:
    """The shared move in percent of this metric's number: a slow machine makes rates fall."""
    return 100 * math.expm1(-shared.cost if raw.direction == "higher" else shared.cost)
