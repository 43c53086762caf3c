"""What a metric is, and the metrics every scenario kind may report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["lower", "higher", "none"]
"""Which way is better; ``none`` marks an informative number that never fails a build."""

Nature = Literal["continuous", "exact", "rate"]
"""How a metric is judged: ``continuous`` by statistics, ``exact`` by equality (row counts, plans, instructions),
``rate`` as a share of failures among ``n`` trials, in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A named number with a unit and a direction, e.g. ``response_time_p95`` in ``ms``, lower is better."""

    name: str
    unit: str
    direction: Direction
    nature: Nature = "continuous"


def _family(prefix: str, unit: str, statistics: tuple[str, ...]) -> tuple[Metric, ...]:
    return tuple(Metric(name=f"{prefix}_{name}", unit=unit, direction="lower") for name in statistics)


_METRICS = (
    *_family("response_time", "ms", ("mean", "p50", "p90", "p95", "p99")),
    # The slowest of n requests grows with n and has no useful interval, so it informs and never fails a build.
    Metric(name="response_time_max", unit="ms", direction="none"),
    # From the sending of a request: beside the response time of an open loop, which counts from its being due.
    *(Metric(name=f"service_time_{name}", unit="ms", direction="none") for name in ("mean", "p50", "p95", "p99")),
    # What the load cost its generator: of interest when figures are in doubt.
    Metric(name="generator_cpu", unit="%", direction="none"),
    Metric(name="generator_lag", unit="ms", direction="none"),
    Metric(name="throughput", unit="req/s", direction="higher"),
    Metric(name="error_rate", unit="%", direction="lower", nature="rate"),
    Metric(name="response_size", unit="B", direction="none"),
    Metric(name="cpu_time_per_request", unit="ms", direction="lower"),
    *_family("query_time", "ms", ("mean", "p50", "p95", "p99")),
    Metric(name="connection_time", unit="ms", direction="lower"),
    Metric(name="fetch_time", unit="ms", direction="lower"),
    Metric(name="row_count", unit="rows", direction="none", nature="exact"),
    Metric(name="plan_cost", unit="cost", direction="lower", nature="exact"),
    Metric(name="plan_shape", unit="hash", direction="none", nature="exact"),
    Metric(name="cpu_usage", unit="%", direction="lower"),
    Metric(name="memory_usage", unit="MB", direction="lower"),
    # The peak is what a machine must have; the mean beside it tells growth from a moment's need.
    Metric(name="memory_usage_mean", unit="MB", direction="none"),
    Metric(name="disk_io", unit="MB/s", direction="lower"),
    Metric(name="network_io", unit="MB/s", direction="lower"),
    # More of them may be right: a faster service switches more often, a larger pool is no worse.
    Metric(name="context_switches", unit="1/s", direction="none"),
    Metric(name="threads", unit="count", direction="none"),
    Metric(name="open_files", unit="count", direction="none"),
    Metric(name="wall_time", unit="s", direction="lower"),
    Metric(name="user_time", unit="s", direction="lower"),
    Metric(name="system_time", unit="s", direction="lower"),
    Metric(name="max_rss", unit="MB", direction="lower"),
    Metric(name="instructions", unit="count", direction="lower", nature="exact"),
    *_family("latency", "ms", ("mean", "p50", "p90", "p95", "p99")),
)

CATALOGUE: dict[str, Metric] = {metric.name: metric for metric in _METRICS}
"""All metrics with a fixed meaning, by name; scenarios may add others (a ``function`` of a custom test type)."""
