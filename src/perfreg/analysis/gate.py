"""The gate: from verdicts to pass, warn or fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfreg.model.result import SEVERITIES, Gate, Severity, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePolicy:
    """What fails a build; see the ``gate`` section of the configuration for the meaning of each field."""

    enabled: bool = True
    fail_on: Severity = "medium"
    max_acceptable_regressions: int = 0
    fail_on_critical: bool = True
    fail_on_major: bool = False
    fail_on_inconclusive: bool = False
    paired: bool = False
    """Whether two sides were compared, so that there is no baseline to speak of."""


def decide(verdicts: Sequence[Verdict], policy: GatePolicy, doubts: Sequence[str] = ()) -> Gate:
    """The gate's answer with its reasons, failures first. A broken scenario always fails, even when disabled.

    ``doubts`` are sentences that earn a warning besides what the verdicts do.
    """
    broken = sorted({verdict.scenario for verdict in verdicts if verdict.status == "broken"})
    failures = [f"{name} is broken" for name in broken]
    warnings: list[str] = []
    (failures if policy.enabled else warnings).extend(_regressions(verdicts, policy, warnings))
    warnings += [
        f"accepted regression of {each.scenario}.{each.metric}: {each.accepted}" for each in verdicts if each.accepted
    ]
    warnings += [f"{each.scenario}.{each.metric}: {each.reason}" for each in verdicts if each.budget == "warning"]
    open_ones = [f"{each.scenario}.{each.metric}" for each in verdicts if each.status == "inconclusive"]
    if open_ones:
        serious = policy.enabled and policy.fail_on_inconclusive
        (failures if serious else warnings).append(f"inconclusive: {', '.join(open_ones)}")
    for status, words in (
        ("no_baseline", "no base" if policy.paired else "no baseline"),
        ("environment_mismatch", "other environment"),
    ):
        # What only informs accuses nobody, with or without a baseline.
        blind = [verdict for verdict in verdicts if verdict.status == status and verdict.direction != "none"]
        if blind:
            warnings.append(f"{words}: {len(blind)} of {len(verdicts)} metrics are compared with nothing")
    warnings += doubts
    if not verdicts:
        failures.append("nothing was measured")
    reasons = tuple(failures + warnings)
    return Gate(status="fail" if failures else "warn" if warnings else "pass", reasons=reasons)


def _regressions(verdicts: Sequence[Verdict], policy: GatePolicy, warnings: list[str]) -> list[str]:
    """Reasons to fail; regressions that are let through are added to ``warnings``."""
    found = [verdict for verdict in verdicts if verdict.status == "regression" and not verdict.accepted]
    limit = SEVERITIES.index(policy.fail_on)
    grave = [verdict for verdict in found if _rank(verdict) >= limit]
    decisive = len(grave) > policy.max_acceptable_regressions
    failures: list[str] = []
    for verdict in sorted(found, key=_rank, reverse=True):
        forced = (policy.fail_on_critical and verdict.severity == "critical") or (
            policy.fail_on_major and verdict.severity in ("high", "critical")
        )
        bad = forced or (decisive and verdict in grave)
        words = f"{verdict.severity} regression of {verdict.scenario}.{verdict.metric}: {verdict.reason}"
        (failures if bad else warnings).append(words)
    return failures


def _rank(verdict: Verdict) -> int:
    return SEVERITIES.index(verdict.severity) if verdict.severity else -1
