"""The time line of a load, as far as a report shows it: no more steps than can be told apart."""

from __future__ import annotations

from collections.abc import Sequence

from perfreg.measure.engines.accumulator import coarse_quantile
from perfreg.measure.engines.engine import LoadResult
from perfreg.model.timeline import Timeline
from perfreg.stats import histogram
from perfreg.stats.histogram import Histogram

_MOST_STEPS = 120
_FEWEST_STEPS = 3


def timeline(scenario: str, result: LoadResult, duration_s: float) -> Timeline | None:
    """The whole seconds of a load of ``duration_s``, several in a step if there are many; None if there are too few.

    What was answered after the load had ended belongs to no second of it.
    """
    seconds = result.seconds[: int(duration_s + 1e-6)]
    if len(seconds) < _FEWEST_STEPS or not any(each.answers for each in seconds):
        return None
    width = -(-len(seconds) // _MOST_STEPS)
    steps = [seconds[start : start + width] for start in range(0, len(seconds), width)]
    merged = [histogram.merge(each.buckets for each in step) for step in steps]
    return Timeline(
        scenario=scenario,
        step_s=float(width),
        answers=tuple(sum(each.answers for each in step) for step in steps),
        failures=tuple(sum(each.failures for each in step) for step in steps),
        p50_ms=_quantiles(merged, 0.5),
        p95_ms=_quantiles(merged, 0.95),
    )


def _quantiles(merged: Sequence[Histogram], share: float) -> tuple[float | None, ...]:
    return tuple(float(f"{coarse_quantile(each, share):.4g}") if each.n else None for each in merged)
