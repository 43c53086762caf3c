"""The blocks of one side as if they were one long measurement."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Sequence
from dataclasses import replace

from perfreg.measure.context import Outcome
from perfreg.model.run import Measurement
from perfreg.stats.histogram import Histogram, merge

_QUANTILE = re.compile(r"(.+)_p(\d+)")


def merged(outcomes: Sequence[Outcome]) -> tuple[Measurement, ...]:
    """The measurements of many blocks of one side as if they were one."""
    found: dict[str, list[tuple[Measurement, Histogram | None]]] = {}
    for outcome in outcomes:
        for point in outcome.measurements:
            family, _ = family_of(point.metric)
            prefix = family or point.metric.rpartition("_")[0]
            found.setdefault(point.metric, []).append((point, outcome.samples.get(prefix)))
    return tuple(_merged(points) for points in found.values())


def family_of(metric: str) -> tuple[str, float | None]:
    """The family of a quantile and which it is: ``response_time`` and 0.95; nothing for other metrics."""
    match = _QUANTILE.fullmatch(metric)
    return (match[1], int(match[2]) / 10 ** max(2, len(match[2]))) if match else ("", None)


def _merged(points: Sequence[tuple[Measurement, Histogram | None]]) -> Measurement:
    blocks = [point for point, _ in points]
    last, values = blocks[-1], [point.value for point in blocks]
    if last.nature == "exact":
        return last
    whole = replace(last, n=sum(point.n for point in blocks), std_error=_error(values, last))
    if last.nature == "rate":
        return replace(whole, value=_mean(values, _weights(blocks)))
    if last.mean is None:
        return replace(whole, value=statistics.median(values))
    whole = _summarised(whole, blocks)
    histograms = [histogram for _, histogram in points if histogram is not None and histogram.n]
    if histograms:
        every = merge(histograms)
        whole = replace(
            whole, p50=every.quantile(0.5), p90=every.quantile(0.9), p95=every.quantile(0.95), p99=every.quantile(0.99)
        )
    return replace(whole, value=_figure(whole, values))


def _summarised(whole: Measurement, blocks: Sequence[Measurement]) -> Measurement:
    """With mean, standard deviation and range of all samples; of quantiles, the median of the blocks."""
    weights = _weights(blocks)
    means = [point.value if point.mean is None else point.mean for point in blocks]
    mean = _mean(means, weights)
    spreads = [(point.std or 0.0) ** 2 + (each - mean) ** 2 for point, each in zip(blocks, means, strict=True)]
    return replace(
        whole,
        mean=mean,
        std=math.sqrt(_mean(spreads, weights)),
        min=min(point.value if point.min is None else point.min for point in blocks),
        max=max(point.value if point.max is None else point.max for point in blocks),
        p50=_typical([point.p50 for point in blocks]),
        p90=_typical([point.p90 for point in blocks]),
        p95=_typical([point.p95 for point in blocks]),
        p99=_typical([point.p99 for point in blocks]),
    )


def _figure(whole: Measurement, values: Sequence[float]) -> float:
    """The figure of the metric: the statistic that its name says, otherwise the median of the blocks."""
    name = whole.metric.rpartition("_")[2]
    found: float | None = getattr(whole, name) if name in ("mean", "min", "max", "p50", "p90", "p95", "p99") else None
    return statistics.median(values) if found is None else found


def _weights(blocks: Sequence[Measurement]) -> list[int]:
    return [max(point.n, 1) for point in blocks]


def _mean(values: Sequence[float], weights: Sequence[int]) -> float:
    return math.fsum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)


def _typical(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _error(values: Sequence[float], last: Measurement) -> float | None:
    """Standard error of the figure, from how it varied between the blocks."""
    return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else last.std_error
