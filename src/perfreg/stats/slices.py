"""Measurements from distributions, one for each slice of the time that was measured.

The spread of a figure between the slices tells how well it is known, also where neighbouring samples resemble each
other (batch means; Law & Kelton, Simulation Modeling, ch. 9).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from perfreg.model.metric import CATALOGUE, Metric
from perfreg.model.run import Measurement
from perfreg.stats.describe import standard_error
from perfreg.stats.distribution import Distribution, Moments, merge


def from_slices(
    scenario: str, metric: Metric, slices: Sequence[Distribution], *, take: str, whole: Distribution | None = None
) -> Measurement:
    """Summarise all samples by the statistic ``take``; ``whole`` is their merger where it is at hand.

    Raises ``ValueError`` when there are none.
    """
    every = merge(slices) if whole is None else whole
    return Measurement(
        scenario=scenario,
        metric=metric.name,
        unit=metric.unit,
        direction=metric.direction,
        nature=metric.nature,
        value=every.statistic(take),
        n=every.n,
        mean=every.moments.mean,
        std=every.moments.std,
        min=every.moments.low,
        max=every.moments.high,
        p50=every.quantile(0.5),
        p90=every.quantile(0.9),
        p95=every.quantile(0.95),
        p99=every.quantile(0.99),
        std_error=_error(every, slices, take),
    )


def family(scenario: str, prefix: str, slices: Sequence[Distribution]) -> tuple[Measurement, ...]:
    """Every catalogued metric ``{prefix}_mean``, ``{prefix}_p95``, … of the slices together."""
    whole = merge(slices)
    return tuple(
        from_slices(scenario, metric, slices, take=name.removeprefix(f"{prefix}_"), whole=whole)
        for name, metric in CATALOGUE.items()
        if name.startswith(f"{prefix}_")
    )


def from_moments(scenario: str, metric: Metric, found: Moments) -> Measurement:
    """The mean of samples of which only the moments are known. Raises ``ValueError`` when there are none."""
    if not found.n:
        raise ValueError(f"{scenario}: {metric.name} has no samples")
    return Measurement(
        scenario=scenario,
        metric=metric.name,
        unit=metric.unit,
        direction=metric.direction,
        nature=metric.nature,
        value=found.mean,
        n=found.n,
        mean=found.mean,
        std=found.std,
        min=found.low,
        max=found.high,
        std_error=None if found.std is None else found.std / math.sqrt(found.n),
    )


def _error(whole: Distribution, slices: Sequence[Distribution], take: str) -> float | None:
    """The larger of what the slices and what the samples themselves say about the figure's uncertainty."""
    if whole.n < 2:
        return None
    between = standard_error([each.statistic(take) for each in slices if each.n]) or 0.0
    if take == "mean":
        return max(between, (whole.moments.std or 0.0) / math.sqrt(whole.n))
    return max(between, _quantile_error(whole, float(take[1:]) / 100)) if take.startswith("p") else between or None


def _quantile_error(whole: Distribution, share: float) -> float:
    """From the samples one standard deviation of rank around the quantile, as `perfreg.stats.describe` does it."""
    rank_error = math.sqrt(share * (1 - share) / whole.n)
    return (whole.quantile(min(1.0, share + rank_error)) - whole.quantile(max(0.0, share - rank_error))) / 2
