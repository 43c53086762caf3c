"""Pairs of measurements as machines make them: many shapes of noise, none with a difference between both sides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from perfreg.analysis.pair_series import PairSeries
from perfreg.analysis.paired import PairedPolicy
from perfreg.analysis.rounds import Rounds
from perfreg.model.metric import Metric
from perfreg.model.rule import ResolvedRule
from perfreg.model.run import Measurement

LATENCY = Metric(name="response_time_mean", unit="ms", direction="lower")

Floats = NDArray[np.float64]
Shape = Callable[[np.random.Generator, int, int], tuple[Floats, Floats]]
"""Logarithms of both sides (m x n each) of m comparisons of n pairs."""


def _normal(rng: np.random.Generator, m: int, n: int) -> tuple[Floats, Floats]:
    return 0.01 * rng.standard_normal((m, n)), 0.01 * rng.standard_normal((m, n))


def _heavy_tails(rng: np.random.Generator, m: int, n: int) -> tuple[Floats, Floats]:
    return 0.01 * rng.standard_t(2, (m, n)), 0.01 * rng.standard_t(2, (m, n))


def _two_modes(rng: np.random.Generator, m: int, n: int) -> tuple[Floats, Floats]:
    """Each block is fast or slow by luck, as with two places in memory."""
    here, there = rng.random((2, m, n)) < 0.4
    noise = 0.002 * rng.standard_normal((2, m, n))
    return 0.1 * here + noise[0], 0.1 * there + noise[1]


def _drift(rng: np.random.Generator, m: int, n: int) -> tuple[Floats, Floats]:
    """A machine that gets slower all the time; what is measured first within a pair is the faster one."""
    first, second = 0.02 * np.arange(2 * n).reshape(n, 2).T[:, None, :] + 0.001 * rng.standard_normal((2, m, n))
    heads = rng.random((m, n)) < 0.5
    return np.where(heads, second, first), np.where(heads, first, second)


def _autocorrelated(rng: np.random.Generator, m: int, n: int) -> tuple[Floats, Floats]:
    """Each measurement resembles the one before it; a coin decides which side of a pair comes first."""
    steps = 0.01 * rng.standard_normal((2 * n, m))
    for index in range(1, 2 * n):
        steps[index] += 0.95 * steps[index - 1]
    first, second = steps[0::2].T, steps[1::2].T
    heads = rng.random((m, n)) < 0.5
    return np.where(heads, second, first), np.where(heads, first, second)


def _bursts(rng: np.random.Generator, m: int, n: int) -> tuple[Floats, Floats]:
    """Stretches in which the noise is thirty times as large."""
    scale = np.where(np.sin(np.arange(n) / 3 + rng.random((m, 1)) * 6) > 0.3, 0.03, 0.001)
    return scale * rng.standard_normal((m, n)), scale * rng.standard_normal((m, n))


def _one_size(rng: np.random.Generator, m: int, n: int) -> tuple[Floats, Floats]:
    """Head is above or below base by always the same amount."""
    return np.zeros((m, n)), 0.01 * rng.choice([-1.0, 1.0], (m, n))


def _ticks(rng: np.random.Generator, m: int, n: int) -> tuple[Floats, Floats]:
    """A clock that knows five figures only."""
    base, head = rng.binomial(4, 0.5, (2, m, n))
    return np.log(100.0 + base), np.log(100.0 + head)


SHAPES: dict[str, Shape] = {
    "normal": _normal,
    "t with two degrees of freedom": _heavy_tails,
    "two modes": _two_modes,
    "drift": _drift,
    "autocorrelated": _autocorrelated,
    "bursts": _bursts,
    "one size": _one_size,
    "ticks of a clock": _ticks,
}


def pair_series(base: Floats, head: Floats) -> list[PairSeries]:
    """Series from arrays of measurements (m x n each)."""
    return [
        PairSeries(name=f"s{index}", base=tuple(low.tolist()), head=tuple(high.tolist()))
        for index, (low, high) in enumerate(zip(base, head, strict=True))
    ]


def rounds(
    base: list[float],
    head: list[float],
    *,
    metric: Metric = LATENCY,
    samples: int = 100,
    starts: int = 0,
) -> Rounds:
    """Rounds of one metric from the figures of its blocks, of ``starts`` of the services (0: one for each round)."""

    def measured(values: list[float]) -> tuple[Measurement, ...]:
        return tuple(
            Measurement(
                scenario="search",
                metric=metric.name,
                unit=metric.unit,
                direction=metric.direction,
                nature=metric.nature,
                value=value,
                n=samples,
            )
            for value in values
        )

    return Rounds(
        scenario="search",
        metric=metric,
        base=measured(base),
        head=measured(head),
        generation=tuple(index * starts // len(base) if starts else index for index in range(len(base))),
    )


def policy(*, tolerance_pct: float = 2.0, restarts: bool = False, **rule: object) -> PairedPolicy:
    """A policy with the same rule for every metric."""
    settings: dict[str, object] = {"tolerance_pct": tolerance_pct, **rule}

    def rule_of(measurement: Measurement) -> ResolvedRule:
        return ResolvedRule(**{"direction": measurement.direction, **settings})  # type: ignore[arg-type]

    return PairedPolicy(rule_of=rule_of, restarts=restarts)
