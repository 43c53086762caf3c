from __future__ import annotations

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from perfreg.stats.means import welch
from perfreg.stats.ranks import mann_whitney, ranks

values = st.lists(st.integers(min_value=-50, max_value=50).map(float), min_size=1, max_size=30)


@given(values)
def test_ranks_are_those_of_scipy(data: list[float]) -> None:
    assert ranks(data).tolist() == scipy.stats.rankdata(data).tolist()


@given(values, values)
def test_mann_whitney_with_ties_is_that_of_scipy(first: list[float], second: list[float]) -> None:
    found = mann_whitney(first, second)
    if found is None:
        assert len({*first, *second}) == 1
        return
    if len({*first, *second}) < len(first) + len(second):
        expected = scipy.stats.mannwhitneyu(second, first, method="asymptotic")
        assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9)
    assert found.superiority == pytest.approx(
        np.mean([(b > a) + 0.5 * (b == a) for a in first for b in second]), abs=1e-12
    )


@given(st.permutations(range(16)), st.integers(min_value=1, max_value=15))
def test_mann_whitney_of_small_groups_is_exact(order: list[int], cut: int) -> None:
    first, second = order[:cut], order[cut:]
    found = mann_whitney(first, second)
    assert found is not None
    assert found.p_value == pytest.approx(scipy.stats.mannwhitneyu(first, second, method="exact").pvalue, rel=1e-9)


def test_mann_whitney_of_thousands_of_samples() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.exponential(size=4000), 1.2 * rng.exponential(size=4000)
    found = mann_whitney(first, second)
    assert found is not None
    assert found.p_value == pytest.approx(scipy.stats.mannwhitneyu(second, first, method="asymptotic").pvalue, rel=1e-6)
    assert 0.05 < found.shift < 0.25


def test_mann_whitney_cannot_tell_anything_of_nothing() -> None:
    assert mann_whitney([], [1.0]) is None
    assert mann_whitney([1.0, 1.0], [1.0]) is None


@given(
    st.lists(st.integers(-1000, 1000), min_size=2, max_size=20),
    st.lists(st.integers(-1000, 1000), min_size=2, max_size=20),
)
def test_welch_is_that_of_scipy(first: list[int], second: list[int]) -> None:
    found = welch(first, second, level=0.05)
    if found is None:
        assert len({*first}) == len({*second}) == 1
    if len({*first}) == 1 or len({*second}) == 1:  # scipy warns of those
        return
    assert found is not None
    expected = scipy.stats.ttest_ind(second, first, equal_var=False)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-12)
    interval = expected.confidence_interval(0.95)
    assert found.difference - found.reach == pytest.approx(interval.low, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("first", "second"), [([1.0], [2.0, 3.0]), ([1.0, 1.0], [2.0, 2.0])])
def test_welch_needs_a_spread(first: list[float], second: list[float]) -> None:
    assert welch(first, second, level=0.05) is None
