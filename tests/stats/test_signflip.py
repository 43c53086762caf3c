from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.stats.signflip import EXACT, _count, tail

score = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(min_value=1e-3, max_value=1.0))


def enumerated(scores: list[float], total: float) -> float:
    sums = np.array(list(product((-1.0, 1.0), repeat=len(scores)))) @ np.array(scores)
    return float((sums >= total - 1e-9 * sum(scores)).mean())


@given(st.data(), st.lists(score, min_size=1, max_size=11))
def test_tail_counts_the_signs(data: st.DataObject, scores: list[float]) -> None:
    signs = data.draw(st.lists(st.sampled_from([-1.0, 1.0]), min_size=len(scores), max_size=len(scores)))
    total = float(np.dot(scores, signs))
    found = tail(np.array([scores]), np.array([total]))[0]
    assert found == pytest.approx(enumerated(scores, total) if total > 0 else 1.0, rel=1e-9)


@pytest.mark.parametrize("n", [23, 24])
@pytest.mark.parametrize("chance", [1.5, 2.0, 2.5, 3.0, 3.5])
def test_saddlepoint_is_near_the_count(n: int, chance: float) -> None:
    """Within 20 % between p = 0.07 and p = 0.0002, with scores as pairs have them: half of them full, all weighed."""
    rng = np.random.default_rng(n)
    clipped = np.minimum(np.abs(rng.standard_normal((50, n))) / 0.67, 1.0)
    scores = clipped / (1 + np.square(rng.standard_normal((50, n)) / 3))
    totals = chance * np.sqrt(np.square(scores).sum(axis=1))
    assert tail(scores, totals) == pytest.approx(_count(scores, totals), rel=0.2)


@pytest.mark.parametrize("kinds", [(1.0,), (1.0, 0.5), (1.0, 0.0), (1.0, 0.97, 0.4, 0.1)])
def test_few_different_scores_are_counted(kinds: tuple[float, ...]) -> None:
    """Sums in steps are what the saddlepoint does not know of: it would halve the p-value of equal scores."""
    n = EXACT + 2
    scores = np.tile(np.resize(np.array(kinds), n), (4, 1))
    totals = scores[0].sum() - 2.0 * np.array([1, 2, 4, 5])
    assert tail(scores, totals) == pytest.approx(_count(scores, totals - 1e-9 * n), rel=1e-9)


def test_sixty_agreeing_signs_have_the_chance_of_a_coin() -> None:
    for scores in (np.ones((1, 60)), np.random.default_rng(1).uniform(0.2, 1, (1, 60))):
        assert tail(scores, scores.sum(axis=1))[0] == pytest.approx(2.0**-60)


@pytest.mark.parametrize("n", [5, 60])
def test_nothing_shows_nothing(n: int) -> None:
    scores = np.zeros((2, n))
    scores[1] = 1.0
    assert tail(scores, np.array([0.0, -3.0])).tolist() == [1.0, 1.0]


@given(st.integers(min_value=1, max_value=60), st.integers(min_value=0, max_value=2**32 - 1))
def test_more_is_rarer_and_units_do_not_matter(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = np.tile(rng.uniform(0.01, 1, n), (8, 1))
    totals = np.sort(rng.uniform(0, 1, 8)) * scores[0].sum()
    found = tail(scores, totals)
    assert (np.diff(found) <= 1e-12).all()
    assert ((found > 0) & (found <= 1)).all()
    assert tail(1e6 * scores, 1e6 * totals) == pytest.approx(found, rel=1e-6)
