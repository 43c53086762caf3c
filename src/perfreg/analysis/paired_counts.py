"""Paired verdicts on what needs no timing statistics: figures that are the same every time, and shares of failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from perfreg.analysis.evidence import is_worse
from perfreg.analysis.exact import exact_change
from perfreg.analysis.rounds import Rounds
from perfreg.analysis.severity import severity_of
from perfreg.model.result import Verdict
from perfreg.model.rule import ResolvedRule
from perfreg.model.run import Measurement
from perfreg.stats.sequential import share


def is_constant(rounds: Rounds) -> bool:
    """Whether each side measured the same figure in every round."""
    return len({each.value for each in rounds.base}) == 1 and len({each.value for each in rounds.head}) == 1


def exact_verdict(blank: Verdict, rounds: Rounds, rule: ResolvedRule) -> Verdict:
    """Compare figures that do not vary: any difference is one of the code."""
    base, head = rounds.base[-1], rounds.head[-1]
    verdict = replace(blank, base=base.value, head=head.value, method="exact")
    if base.value == head.value:
        return replace(
            verdict, change_pct=0.0, ci_low_pct=0.0, ci_high_pct=0.0, reason="exactly the same in every round"
        )
    if rounds.metric.unit == "hash":
        texts = replace(verdict, base_text=base.text, head_text=head.text)
        return replace(texts, status="inconclusive", reason="head's is not base's: compare both")
    return exact_change(verdict, base.value, head.value, rule, when=", in every round")


def rate_verdict(blank: Verdict, rounds: Rounds, rule: ResolvedRule, *, alpha: float, final: bool) -> Verdict:
    """Compare shares of failures over all rounds.

    Given all failures of both sides, those of head are as many as a coin weighted by the attempts makes them
    (conditional binomial test: Przyborowski & Wilenski 1940, Biometrika 31:313-323).
    """
    base_failed, base_tried = _pooled(rounds.base)
    head_failed, head_tried = _pooled(rounds.head)
    if not base_tried or not head_tried:
        return replace(blank, status="inconclusive", reason="a side attempted nothing")
    base, head = 100 * base_failed / base_tried, 100 * head_failed / head_tried
    change = 100 * (head - base) / base if base else None
    verdict = replace(blank, base=base, head=head, change_pct=change, method="binomial")
    counts = f"{head_failed} of {head_tried} failed at head, {base_failed} of {base_tried} at base"
    grew = head > base
    worse = is_worse(rule.direction, grew=grew)
    quiet = ""
    if rule.direction == "none":
        quiet = "; informative, as it has no better direction"
    elif change is not None and head != base and abs(change) < rule.tolerance_pct:
        quiet = f", within the tolerance of {rule.tolerance_pct:g} %"
    if quiet or head == base:
        return replace(verdict, reason=f"{counts}{quiet}")
    chance = _chance(head_failed, base_failed, head_tried, base_tried)
    if chance / share(max(rounds.n, 1), final=final) > alpha:
        # Only what may be a regression is worth a warning.
        doubt = f"{counts}: that may be chance"
        return replace(verdict, status="inconclusive" if worse and final else "unchanged", reason=doubt)
    if not worse:
        return replace(verdict, status="improvement", reason=counts)
    expected = base_failed * head_tried / base_tried
    grave = severity_of((head_failed - expected) / max(1.0, expected) ** 0.5)
    return replace(verdict, status="regression", severity=grave, reason=counts)


def _pooled(measurements: Sequence[Measurement]) -> tuple[int, int]:
    failed = sum(round(each.value * each.n / 100) for each in measurements)
    return failed, sum(each.n for each in measurements)


def _chance(head_failed: int, base_failed: int, head_tried: int, base_tried: int) -> float:
    """Probability that the side with more failures has as many of them by chance."""
    from scipy.special import bdtrc

    more, tried, other = max(
        (head_failed / head_tried, head_failed, head_tried, base_tried),
        (base_failed / base_tried, base_failed, base_tried, head_tried),
    )[1:]
    return float(bdtrc(more - 1, head_failed + base_failed, tried / (tried + other)))
