"""The rules that paired measurements are usually judged by, and a betting e-process, for `pairs.py`.

Every rule takes the measurements of both sides (series x pairs) and tells which series it calls slower at head, and how
many pairs it needed for that.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Fixed = Callable[[Floats, Floats], Flags]
"""A rule for a number of pairs that is fixed beforehand."""

_RESAMPLES = 2000
_BETS = (0.15, 0.3, 0.5, 0.7, 0.9, 0.98)
_QUIETEST = 0.005


def ratio_of_means(base: Floats, head: Floats) -> Flags:
    """The mean of head is more than 5 % above that of base."""
    return np.asarray(head.mean(axis=1) > 1.05 * base.mean(axis=1))


def mann_whitney(base: Floats, head: Floats) -> Flags:
    """Unpaired ranks, two-sided at 5 %, and head's median is the larger (as benchstat does)."""
    p = stats.mannwhitneyu(head, base, axis=1, method="asymptotic").pvalue
    return np.asarray((p < 0.05) & (np.median(head, axis=1) > np.median(base, axis=1)))


def wilcoxon(base: Floats, head: Floats) -> Flags:
    """Signed ranks of the logarithms of the ratios, one-sided at 0.5 %."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        p = stats.wilcoxon(np.log(head) - np.log(base), axis=1, alternative="greater").pvalue
    return np.asarray(p <= 0.005)


def bootstrap_median(base: Floats, head: Floats) -> Flags:
    """The 99 % bootstrap interval of the median ratio lies above 1."""
    rng = np.random.default_rng(1)
    ratios = np.log(head) - np.log(base)
    drawn = rng.integers(0, ratios.shape[1], (_RESAMPLES, ratios.shape[1]))
    low = [np.quantile(np.median(row[drawn], axis=1), 0.005) for row in ratios]
    return np.array(low) > 0


FIXED: dict[str, Fixed] = {
    "ratio of means > 1.05": ratio_of_means,
    "Mann-Whitney, unpaired, 5 %": mann_whitney,
    "Wilcoxon signed rank, 0.5 % one-sided": wilcoxon,
    "bootstrap of the median ratio, 99 %": bootstrap_median,
}


def betting(base: Floats, head: Floats, *, alpha: float = 0.005) -> tuple[Flags, NDArray[np.int64]]:
    """Bet on "slower" with a coin that is fair when nothing changed, and stop when the stake has grown by 1 / alpha.

    The stake on each ratio depends on those before it only, so the wealth is a martingale (Ville 1939; Waudby-Smith &
    Ramdas 2024, Journal of the Royal Statistical Society B 86:1-27).
    """
    ratios = np.log(head) - np.log(base)
    many, n = ratios.shape
    bets = np.array(_BETS)
    wealth = np.zeros((many, bets.size))
    found, used = np.zeros(many, dtype=bool), np.full(many, n)
    for index in range(n):
        past = ratios[:, :index]
        unit = np.full(many, 2 * _QUIETEST)
        if index >= 4:
            middle = np.median(past, axis=1, keepdims=True)
            unit = np.maximum(1.4826 * np.median(np.abs(past - middle), axis=1), _QUIETEST)
        gain = np.clip(ratios[:, index] / unit, -1, 1)
        wealth += np.log1p(np.outer(gain, bets))
        enough = ~found & (np.log(np.exp(wealth).mean(axis=1)) >= np.log(1 / alpha))
        used[enough] = index + 1
        found |= enough
    return found, used
