"""What the configuration says about judging and gating, as the analysis wants it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from perfreg.analysis.gate import GatePolicy, decide
from perfreg.analysis.judge import Policy
from perfreg.config.models import Config
from perfreg.config.suggest import did_you_mean
from perfreg.config.thresholds import Budget, rules_for
from perfreg.errors import UsageError
from perfreg.model.metric import Metric
from perfreg.model.result import Gate, Verdict
from perfreg.model.rule import ResolvedRule
from perfreg.model.run import Measurement
from perfreg.stats.rules.registry import rules


def check_rules(config: Config) -> None:
    """Raise `UsageError` when a decision rule is named that nobody knows, before anything is measured."""
    named = {"history.rule": config.history.rule}
    named |= {f"metrics.{glob}.rule": each.rule for glob, each in config.metrics.items() if each.rule is not None}
    for where, name in named.items():
        if name not in rules():
            raise UsageError(f"there is no decision rule {name!r}", where=where, hint=did_you_mean(name, rules()))


def judging(config: Config, budgets: Sequence[Budget], acceptance_of: Callable[[str], str]) -> Policy:
    """The policy of verdicts."""

    def rule_of(measurement: Measurement) -> ResolvedRule:
        metric = Metric(
            name=measurement.metric,
            unit=measurement.unit,
            direction=measurement.direction,
            nature=measurement.nature,
        )
        return rules_for(config, measurement.scenario, metric, budgets)

    return Policy(
        rule_of=rule_of,
        acceptance_of=acceptance_of,
        adoption_threshold=config.baseline_update_threshold,
        min_samples=config.min_baseline_samples,
        outlier_limit=config.outlier_threshold,
        level=config.significance_level,
        common_mode=config.history.common_mode,
    )


def gating(config: Config, verdicts: Sequence[Verdict], doubts: Sequence[str] = (), *, paired: bool = False) -> Gate:
    """The gate's answer to these verdicts; each of ``doubts`` is a warning, and ``paired`` those of two sides."""
    rules_of_gate = config.gate
    return decide(
        verdicts,
        GatePolicy(
            enabled=rules_of_gate.enabled and config.fail_on_regression,
            fail_on=rules_of_gate.fail_on,
            max_acceptable_regressions=rules_of_gate.max_acceptable_regressions,
            fail_on_critical=rules_of_gate.fail_on_critical_regression,
            fail_on_major=rules_of_gate.fail_on_major_regression,
            fail_on_inconclusive=rules_of_gate.fail_on_inconclusive,
            paired=paired,
        ),
        doubts,
    )
