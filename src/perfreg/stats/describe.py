"""From samples to measurements: the figure, its sample statistics, and how well it is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from perfreg.model.metric import CATALOGUE, Metric
from perfreg.model.run import Measurement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCKS = 10
"""A run is cut into at most this many slices, and the figure taken in each: their spread tells how well the figure is
known, also where neighbouring samples resemble each other (batch means; Law & Kelton, Simulation Modeling, ch. 9)."""

_SMALLEST_BLOCK = 2


def statistic(samples: NDArray[np.float64], name: str) -> float:
    """``mean``, ``min``, ``max``, ``median`` or a percentile such as ``p95`` (linear interpolation) of samples."""
    import numpy as np

    if name in ("mean", "min", "max", "median"):
        return float(getattr(np, name)(samples))
    return float(np.percentile(samples, float(name.removeprefix("p"))))


def standard_error(blocks: Sequence[float] | NDArray[np.float64]) -> float | None:
    """Standard error of a figure from its values in equal slices of the run; None from fewer than two."""
    import numpy as np

    if len(blocks) < 2:
        return None
    return float(np.std(blocks, ddof=1) / np.sqrt(len(blocks)))


def quantile_error(samples: NDArray[np.float64], share: float) -> float:
    """Standard error of the quantile ``share`` (0 to 1) from the samples one standard deviation of rank around it.

    Order statistics (David & Nagaraja, Order Statistics, section 7.1). The p99 of 100 requests rests on the slowest
    one, and slices of such a run are too short to show it.
    """
    import numpy as np

    rank_error = np.sqrt(share * (1 - share) / samples.size)
    low, high = np.quantile(samples, [max(0.0, share - rank_error), min(1.0, share + rank_error)])
    return float(high - low) / 2


def _error(samples: NDArray[np.float64], take: str) -> float | None:
    """The larger of what slices of the run and what the samples themselves say about the figure's uncertainty."""
    import numpy as np

    if samples.size < 2:
        return None
    count = min(BLOCKS, samples.size // _SMALLEST_BLOCK) if samples.size >= 2 * _SMALLEST_BLOCK else samples.size
    error = standard_error([statistic(block, take) for block in np.array_split(samples, count)]) or 0.0
    if take.startswith("p"):
        return max(error, quantile_error(samples, float(take.removeprefix("p")) / 100))
    return error


def from_samples(
    scenario: str, metric: Metric, samples: Sequence[float], *, take: str = "mean", text: str = ""
) -> Measurement:
    """Summarise ``samples`` (in the metric's unit, in the order they were taken) by the statistic ``take``.

    Raises ``ValueError`` when there are none, or when one is not finite: a run that measured nothing must not
    look like one that measured zero.
    """
    import numpy as np

    data = np.asarray(samples, dtype=np.float64)
    if data.size == 0:
        raise ValueError(f"{scenario}: {metric.name} has no samples")
    if not np.isfinite(data).all():
        raise ValueError(f"{scenario}: {metric.name} has samples that are not finite numbers")
    p50, p90, p95, p99 = (float(value) for value in np.percentile(data, (50, 90, 95, 99)))
    return Measurement(
        scenario=scenario,
        metric=metric.name,
        unit=metric.unit,
        direction=metric.direction,
        nature=metric.nature,
        value=statistic(data, take),
        n=int(data.size),
        mean=float(data.mean()),
        std=float(data.std(ddof=1)) if data.size > 1 else None,
        min=float(data.min()),
        max=float(data.max()),
        p50=p50,
        p90=p90,
        p95=p95,
        p99=p99,
        std_error=_error(data, take),
        text=text,
    )


def family(scenario: str, prefix: str, samples: Sequence[float]) -> tuple[Measurement, ...]:
    """Every catalogued metric ``{prefix}_mean``, ``{prefix}_p95``, … from one list of samples."""
    names = (name for name in CATALOGUE if name.startswith(f"{prefix}_"))
    return tuple(
        from_samples(scenario, CATALOGUE[name], samples, take=name.removeprefix(f"{prefix}_")) for name in names
    )


def single(
    scenario: str, metric: Metric, value: float, *, n: int = 1, std_error: float | None = None, text: str = ""
) -> Measurement:
    """A figure that is not a statistic of samples (a rate, a count, a hash), from ``n`` observations."""
    return Measurement(
        scenario=scenario,
        metric=metric.name,
        unit=metric.unit,
        direction=metric.direction,
        nature=metric.nature,
        value=value,
        n=n,
        std_error=std_error,
        text=text,
    )
