from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.stats.histogram import from_values, matrix, merge

positive = st.floats(min_value=1e-9, max_value=1e12)
several = st.lists(positive, min_size=1, max_size=50)


@given(several, st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.99, 1.0]))
def test_quantiles_are_right_to_a_twentieth_of_a_percent(values: list[float], share: float) -> None:
    rank = max(1, math.ceil(share * len(values)))
    assert from_values(values).quantile(share) == pytest.approx(sorted(values)[rank - 1], rel=0.00051)


@given(several, several)
def test_merging_is_the_histogram_of_all(here: list[float], there: list[float]) -> None:
    both, all_at_once = merge([from_values(here), from_values(there)]), from_values([*here, *there])
    assert (both.first, both.counts.tolist()) == (all_at_once.first, all_at_once.counts.tolist())
    assert both.n == len(here) + len(there)


@given(st.lists(several, min_size=1, max_size=4))
def test_rows_have_a_common_first_bucket(blocks: list[list[float]]) -> None:
    first, rows = matrix([from_values(block) for block in blocks])
    assert rows.sum(axis=1).tolist() == [len(block) for block in blocks]
    assert first == min(from_values(block).first for block in blocks)


def test_zeros_are_samples_too() -> None:
    found = from_values([0.0, 0.0, 5.0])
    assert found.quantile(0.5) == 0.0
    assert found.quantile(1.0) == pytest.approx(5.0, rel=0.001)


def test_nothing_has_no_quantiles() -> None:
    empty = from_values([])
    assert empty.n == 0
    with pytest.raises(ValueError, match="no quantiles"):
        empty.quantile(0.5)
    assert merge([empty, empty]).n == 0
    assert merge([]).n == 0
    assert merge([empty, from_values([2.0])]).n == 1


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_what_is_no_time_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite values of zero and more"):
        from_values([1.0, value])


def test_generators_and_arrays_will_do() -> None:
    values = [1.0, 2.0, 3.0]
    for given_as in (np.array(values), iter(values), tuple(values)):
        assert from_values(given_as).n == 3
