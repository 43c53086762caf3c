"""How far is a new run from the past ones, and how sure can one be with few of them?

A handful of runs says little about their own spread, so the spread is moderated: it is averaged with a prior, as if
`PRIOR_DOF` more degrees of freedom had shown `PRIOR_SIGMA` (empirical-Bayes moderated t: Smyth 2004, Statistical
Applications in Genetics and Molecular Biology 3:1). The new run is judged by a prediction interval, since between
two runs of the same code lies everything that changes from run to run, not just the error of a mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

PRIOR_SIGMA = 0.05
"""Relative run-to-run standard deviation assumed before any is seen: the middle of what continuous-integration
histories show (0.2 % on dedicated machines, 3 to 15 % on hosted runners)."""

PRIOR_DOF = 8.0
"""Weight of the prior, in runs."""

_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A new value against past ones. Changes are in percent of the base; ``z`` is positive when the number grew."""

    base: float
    change_pct: float
    low_pct: float
    high_pct: float
    z: float
    p_value: float


def inliers(values: Sequence[float], limit: float) -> tuple[int, ...]:
    """Indices of the values within ``limit`` robust standard deviations (median, MAD) of the median.

    Fewer than five values say nothing about outliers, and a spread of zero cannot rank them: all stay.
    """
    import numpy as np

    data = np.asarray(values, dtype=np.float64)
    if data.size < 5:
        return tuple(range(data.size))
    distance = np.abs(data - np.median(data))
    spread = float(np.median(distance)) * _MAD_TO_SIGMA
    if spread == 0:
        return tuple(range(data.size))
    return tuple(int(index) for index in np.flatnonzero(distance <= limit * spread))


def relative_error(value: float, std_error: float | None) -> float:
    """``std_error`` relative to ``value``; 0 when it is unknown or there is nothing to relate it to."""
    return std_error / abs(value) if std_error and value else 0.0


def compare(
    value: float, error: float, past: Sequence[float], past_errors: Sequence[float], *, level: float
) -> Comparison | None:
    """Compare ``value`` (relative standard error ``error``) with the ``past`` values of one or more runs.

    Works on logarithms when all values are positive, so that a change is a ratio, and otherwise on the values
    relative to their mean; None when that mean is zero, as no percentage exists then. ``level`` is two-sided.
    Raises ``ValueError`` when there is no past value.
    """
    import numpy as np
    from scipy.special import stdtr, stdtrit

    if not past:
        raise ValueError("there is nothing to compare with")
    data = np.asarray(past, dtype=np.float64)
    logarithmic = value > 0 and bool((data > 0).all())
    scale = 1.0 if logarithmic else abs(float(data.mean()))
    if scale == 0:
        return None
    points = np.log(data) if logarithmic else data / scale
    center = float(points.mean())
    distance = (math.log(value) if logarithmic else value / scale) - center

    seen = data.size - 1
    sampling = float(np.mean(np.square(past_errors))) if len(past_errors) else 0.0
    prior = PRIOR_SIGMA**2 + sampling
    observed = float(points.var(ddof=1)) if seen else 0.0
    dof = PRIOR_DOF + seen
    variance = (PRIOR_DOF * prior + seen * observed) / dof
    # A run that is noisier inside than the past ones were must not pass for significant.
    sigma = math.sqrt(variance * (1 + 1 / data.size) + max(0.0, error**2 - sampling))

    z = distance / sigma
    reach = float(stdtrit(dof, 1 - level / 2)) * sigma

    def percent(shift: float) -> float:
        # A ratio beyond e^50 means nothing to anybody; the bound keeps infinities out of reports.
        return 100 * math.expm1(min(shift, 50.0)) if logarithmic else 100 * shift

    return Comparison(
        base=math.exp(center) if logarithmic else center * scale,
        change_pct=percent(distance),
        low_pct=percent(distance - reach),
        high_pct=percent(distance + reach),
        z=z,
        p_value=2 * float(stdtr(dof, -abs(z))),
    )


def excess_failures(failures: int, trials: int, past_failures: int, past_trials: int) -> float:
    """Probability of at least ``failures`` among ``trials`` at the past rate (one-sided binomial test).

    The past rate is taken with half a failure added, so that a clean past does not make one failure impossible.
    """
    from scipy.special import bdtrc

    if failures <= 0 or trials <= 0:
        return 1.0
    rate = min(1.0, (past_failures + 0.5) / (past_trials + 1.0))
    return float(bdtrc(failures - 1, trials, rate))


def discoveries(p_values: Sequence[float], level: float) -> tuple[bool, ...]:
    """Which of several tests are significant with a false discovery rate of ``level``.

    Benjamini & Hochberg 1995, Journal of the Royal Statistical Society B 57:289-300.
    """
    ranked = sorted(range(len(p_values)), key=lambda index: p_values[index])
    passed = 0
    for rank, index in enumerate(ranked, start=1):
        if p_values[index] <= level * rank / len(p_values):
            passed = rank
    chosen = set(ranked[:passed])
    return tuple(index in chosen for index in range(len(p_values)))
