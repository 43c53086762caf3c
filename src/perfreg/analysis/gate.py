"""The gate: from verdicts to pass, warn or fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfreg.model.result import SEVERITIES, Gate, Severity, Verdict

_NAMES_SHOWN = 12


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
    failing = _failing(verdicts, policy) if policy.enabled else []
    for verdict in sorted(_regressions(verdicts), key=_rank, reverse=True):
        words = f"{verdict.severity} regression of {verdict.scenario}.{verdict.metric}: {verdict.reason}"
        (failures if verdict in failing else warnings).append(words)
    warnings += [
        f"accepted regression of {each.scenario}.{each.metric}: {each.accepted}" for each in verdicts if each.accepted
    ]
    warnings += [f"{each.scenario}.{each.metric}: {each.reason}" for each in verdicts if each.budget == "warning"]
    open_ones = [each for each in verdicts if each.status == "inconclusive"]
    if open_ones:
        serious = open_ones[0] in failing
        (failures if serious else warnings).append(f"inconclusive: {_some(open_ones)}")
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
    return Gate(
        status="fail" if failures else "warn" if warnings else "pass",
        reasons=tuple(failures + warnings),
        failed=tuple(map(_name, failing)),
    )


def _failing(verdicts: Sequence[Verdict], policy: GatePolicy) -> list[Verdict]:
    """The verdicts that an enabled gate does not let through."""
    limit = SEVERITIES.index(policy.fail_on)
    decisive = sum(_rank(each) >= limit for each in _regressions(verdicts)) > policy.max_acceptable_regressions
    return [
        *(
            each
            for each in _regressions(verdicts)
            if (decisive and _rank(each) >= limit)
            or (policy.fail_on_critical and each.severity == "critical")
            or (policy.fail_on_major and each.severity in ("high", "critical"))
        ),
        *(each for each in verdicts if each.status == "inconclusive" and policy.fail_on_inconclusive),
    ]


def _some(verdicts: Sequence[Verdict]) -> str:
    more = f" and {len(verdicts) - _NAMES_SHOWN:,} more" if len(verdicts) > _NAMES_SHOWN else ""
    return ", ".join(map(_name, verdicts[:_NAMES_SHOWN])) + more


def _regressions(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return [each for each in verdicts if each.status == "regression" and not each.accepted]


def _rank(verdict: Verdict) -> int:
    return SEVERITIES.index(verdict.severity) if verdict.severity else -1


def _name(verdict: Verdict) -> str:
    return f"{verdict.scenario}.{verdict.metric}"
