"""Verdicts on figures that are the same every time: a difference needs no statistics, it is one of the code."""

from __future__ import annotations

from dataclasses import replace

from perfreg.analysis.evidence import change_pct, is_worse
from perfreg.model.result import Verdict
from perfreg.model.rule import ResolvedRule


def exact_change(verdict: Verdict, base: float, head: float, rule: ResolvedRule, *, when: str = "") -> Verdict:
    """Judge that ``base`` became ``head``, which differs from it; ``when`` says how often that was seen."""
    step = f"{base:g} became {head:g} {verdict.unit}{when}"
    if base == 0 or rule.direction == "none":
        return replace(verdict, status="inconclusive", reason=f"{step}: timings may not be comparable")
    change = change_pct(head, base)
    verdict = replace(verdict, change_pct=change, ci_low_pct=change, ci_high_pct=change)
    if abs(change) < rule.tolerance_pct:
        return replace(verdict, reason=f"{step}, within the tolerance of {rule.tolerance_pct:g} %")
    if is_worse(rule.direction, grew=change > 0):
        return replace(verdict, status="regression", severity="high", reason=step)
    return replace(verdict, status="improvement", reason=step)
