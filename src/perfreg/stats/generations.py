"""Rounds that share a start of the service resemble each other: what a start decides by luck (the layout of memory, the
seed of a hash) stays with it. Then many rounds of few starts say less than they seem to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

_CLIP = 3.0
_LEVEL = 0.0025
"""The one-sided error rate at which decisions are made, about."""


def inflation(differences: NDArray[np.float64], generation: Sequence[int]) -> NDArray[np.float64]:
    """By how much the variance of the mean of each row (m x n) exceeds that of independent rounds.

    It is 1 where nothing shows that it does; ``generation`` numbers the start that each of the n rounds belongs to. The
    design effect 1 + (k - 1) ICC, from a one-way analysis of variance of the clipped differences (Kish 1965, Survey
    Sampling, ch. 5; Kalibera & Jones 2013, ISMM, for starts of a program as a level of repetition). How much starts
    differ is known from few of them: the variance between them counts for more, as Student's t is wider than the normal
    distribution.
    """
    import numpy as np
    from scipy.special import ndtri, stdtrit

    labels = np.unique(np.asarray(generation), return_inverse=True)[1]
    n, groups = labels.size, int(labels.max(initial=-1)) + 1
    if groups < 2 or groups == n:
        return np.ones(len(differences))
    middle = np.median(differences, axis=1, keepdims=True)
    reach = _CLIP * 1.4826 * np.median(np.abs(differences - middle), axis=1, keepdims=True)
    values = np.clip(differences, middle - reach, middle + reach)
    sizes = np.bincount(labels)
    means = values @ (labels[:, None] == np.arange(groups)) / sizes
    away = np.square(means - values.mean(axis=1, keepdims=True))
    between = (sizes * away).sum(axis=1) / (groups - 1)
    within = np.square(values - means[:, labels]).sum(axis=1) / (n - groups)
    size = (n - float(np.square(sizes).sum()) / n) / (groups - 1)
    doubt = float(np.square(stdtrit(groups - 1, _LEVEL) / ndtri(_LEVEL)))
    between = np.where(between > within, between * doubt, between)
    excess = np.maximum(between - within, 0.0)
    total = between + (size - 1) * within
    found: NDArray[np.float64] = 1 + (size - 1) * np.divide(excess, total, out=np.zeros_like(total), where=excess > 0)
    return found
