"""Absolute budgets, and the rules that a metric is judged by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from perfreg.config import quantity, text
from perfreg.config.document import KeyPath
from perfreg.config.models import Limits, MetricRule, Settings
from perfreg.config.suggest import did_you_mean
from perfreg.config.tree import Place
from perfreg.config.validation import Report, validate
from perfreg.errors import ConfigError
from perfreg.model.metric import CATALOGUE, Metric
from perfreg.model.rule import ResolvedRule

ALIASES: Mapping[str, str] = {
    "avg_response_time": "response_time_mean",
    "average_response_time": "response_time_mean",
    "response_time": "response_time_mean",
    "response_time_avg": "response_time_mean",
    "response_time_median": "response_time_p50",
    "max_response_time": "response_time_max",
    "requests_per_second": "throughput",
    "rps": "throughput",
    "query_time": "query_time_mean",
    "cpu": "cpu_usage",
    "cpu_percent": "cpu_usage",
    "cpu_usage_percent": "cpu_usage",
    "memory": "memory_usage",
    "memory_mb": "memory_usage",
    "memory_usage_mb": "memory_usage",
    "error_rate_percent": "error_rate",
}
"""Other names that metrics go by in thresholds files."""

Complain = Callable[[KeyPath, str, str], None]
"""Takes the key path, the message and the hint of a problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits, in the metric's own unit, of one metric wherever the glob ``pattern`` matches."""

    pattern: str
    metric: str
    warning: float | None = None
    critical: float | None = None


def load_thresholds(
    path: Path, *, scenarios: Sequence[str] = (), metrics: Mapping[str, Metric] = CATALOGUE
) -> tuple[Budget, ...]:
    """Budgets from a file ``{metric: {warning, critical, unit}}``, JSON or YAML.

    With the names of ``scenarios``, a glob has to match a metric of one of them; ``metrics`` are those that exist.
    Raises `ConfigError` with every problem of the file, `UsageError` when it cannot be read.
    """
    document = text.read(path)
    report = Report(lambda at: Place(layer="file", where=document.where(at), line=document.line(at)), {})
    limits = {name: validate(Limits, value, (name,), report) for name, value in document.data.items()}
    valid = {name: limit for name, limit in limits.items() if limit is not None}
    found = resolve(valid, scenarios=scenarios, metrics=metrics, complain=report.add)
    problems = (*document.problems, *report.problems())
    if problems:
        raise ConfigError(problems)
    return found


def resolve(
    limits: Mapping[str, Limits], *, scenarios: Sequence[str], metrics: Mapping[str, Metric], complain: Complain
) -> tuple[Budget, ...]:
    """A budget for each pair of a glob and a metric that it matches; a glob that matches none is a problem."""
    found: list[Budget] = []
    for name, limit in limits.items():
        pattern = canonical(name)
        names = scenarios or (pattern.rpartition(".")[0],)
        matched = [
            each for each in metrics.values() if any(matches(pattern, scenario, each.name) for scenario in names)
        ]
        if not matched:
            complain((name,), "matches no metric", _meant(name, scenarios, metrics))
        elif limit.warning is not None or limit.critical is not None:
            found += _budgets((name,), pattern, limit, matched, complain)
        elif not isinstance(limit, MetricRule):
            complain((name,), "has neither a warning nor a critical limit", "")
    return tuple(found)


def canonical(pattern: str) -> str:
    """``pattern`` with the metric's own name in place of another that it goes by."""
    scenario, dot, metric = pattern.rpartition(".")
    return f"{scenario}{dot}{ALIASES.get(metric, metric)}"


def matches(pattern: str, scenario: str, metric: str) -> bool:
    """Whether a glob means this metric of this scenario."""
    full = f"{scenario}.{metric}"
    return pattern in (metric, full) or fnmatchcase(metric, pattern) or fnmatchcase(full, pattern)


def rules_for(settings: Settings, scenario: str, metric: Metric, budgets: Sequence[Budget]) -> ResolvedRule:
    """What ``metric`` of ``scenario`` is judged by: of the rules and budgets that match, later ones win."""
    direction, tolerance, severity = metric.direction, settings.regression_threshold, None
    decision, limit = settings.history.rule, settings.history.limit
    for pattern, rule in settings.metrics.items():
        if matches(canonical(pattern), scenario, metric.name):
            direction = rule.direction or direction
            tolerance = tolerance if rule.tolerance is None else rule.tolerance
            severity = rule.severity or severity
            if rule.rule is not None:
                decision, limit = rule.rule, None
            limit = limit if rule.limit is None else rule.limit
    warning, critical = None, None
    for budget in budgets:
        if budget.metric == metric.name and matches(budget.pattern, scenario, metric.name):
            warning = warning if budget.warning is None else budget.warning
            critical = critical if budget.critical is None else budget.critical
    return ResolvedRule(
        direction=direction,
        tolerance_pct=tolerance,
        severity=severity,
        warning=warning,
        critical=critical,
        decision=decision,
        limit=limit,
        recent=settings.history.recent,
    )


def _budgets(path: KeyPath, pattern: str, limit: Limits, matched: Sequence[Metric], complain: Complain) -> list[Budget]:
    """Budgets for those of the metrics whose unit the limits can be expressed in."""
    found: list[Budget] = []
    reason = ""
    for metric in matched:
        try:
            warning, critical = (_number(value, limit.unit, metric) for value in (limit.warning, limit.critical))
        except ValueError as error:
            reason = str(error)
            continue
        if warning is not None and critical is not None and _is_beyond(warning, critical, metric, limit):
            message = f"reaches critical ({critical:g} {metric.unit}) before warning ({warning:g} {metric.unit})"
            complain(path, message, "swap the two limits")
        found.append(Budget(pattern=pattern, metric=metric.name, warning=warning, critical=critical))
    if not found:
        complain(path, reason, f"the unit of {matched[0].name} is {matched[0].unit}")
    return found


def _number(value: float | str | None, unit: str | None, metric: Metric) -> float | None:
    if value is None:
        return None
    number, own_unit = quantity.parse(value) if isinstance(value, str) else (value, "")
    return quantity.convert(number, own_unit or unit or "", metric.unit)


def _is_beyond(warning: float, critical: float, metric: Metric, limit: Limits) -> bool:
    """Whether a value that grows worse meets the critical limit first."""
    direction = (limit.direction if isinstance(limit, MetricRule) else None) or metric.direction
    return critical > warning if direction == "higher" else critical < warning


def _meant(name: str, scenarios: Sequence[str], metrics: Mapping[str, Metric]) -> str:
    scenario, dot, metric = name.rpartition(".")
    known = [*metrics, *ALIASES]
    if dot and scenarios and any(fnmatchcase(each, metric) for each in known):
        return did_you_mean(scenario, scenarios)
    return did_you_mean(metric, known)
