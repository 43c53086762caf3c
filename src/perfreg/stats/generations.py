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


def inflation(differences: NDArray[np.float64], generation: Sequence[int]) -> float:
    """By how much the variance of the mean exceeds that of independent rounds; 1 where nothing shows that it does.

    The design effect 1 + (k - 1) ICC, from a one-way analysis of variance of the clipped differences (Kish 1965, Survey
    Sampling, ch. 5; Kalibera & Jones 2013, ISMM, for starts of a program as a level of repetition).
    """
    import numpy as np

    labels = np.unique(np.asarray(generation), return_inverse=True)[1]
    groups, n = int(labels.max(initial=-1)) + 1, differences.size
    if groups < 2 or groups == n:
        return 1.0
    middle = float(np.median(differences))
    spread = 1.4826 * float(np.median(np.abs(differences - middle)))
    values = np.clip(differences, middle - _CLIP * spread, middle + _CLIP * spread)
    sizes = np.bincount(labels)
    means = np.bincount(labels, weights=values) / sizes
    between = float((sizes * np.square(means - values.mean())).sum()) / (groups - 1)
    within = float(np.square(values - means[labels]).sum()) / (n - groups)
    size = (n - float(np.square(sizes).sum()) / n) / (groups - 1)
    if between <= within:
        return 1.0
    alike = (between - within) / (between + (size - 1) * within)
    return 1.0 + (size - 1) * alike
