"""When measuring on is no use: the interval will neither leave the minimum effect nor lie within it."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from perfreg.analysis.paired_prospect import FEWEST, MANY, is_hopeless
from perfreg.stats.sequential import Look

EFFECT = math.log1p(0.02)


def look(change: float, half: float, *, n: int = 40, sigma: float = 10.0) -> Look:
    """A look whose interval is ``half`` on either side of ``change``."""
    return Look(
        n=n,
        change=change,
        low=change - half,
        high=change + half,
        p_slower=1.0,
        p_faster=1.0,
        p_not_slower=1.0,
        p_not_faster=1.0,
        sigma=sigma,
        detectable=half,
    )


def test_noise_that_drowns_everything_is_hopeless() -> None:
    assert is_hopeless(look(0.01, 0.3), EFFECT, 2.0)
    assert is_hopeless(look(-0.05, 0.3), EFFECT, 2.0)


def test_what_the_rest_of_the_time_may_show_is_not() -> None:
    assert not is_hopeless(look(0.05, 0.04), EFFECT, 2.0)
    assert not is_hopeless(look(-0.05, 0.04), EFFECT, 2.0)
    assert not is_hopeless(look(0.0, 0.025), EFFECT, 2.0)


def test_a_few_rounds_give_nothing_up() -> None:
    assert not is_hopeless(look(0.0, 3.0, n=FEWEST - 1), EFFECT, 1.5)


def test_what_only_waits_for_starts_is_not_given_up() -> None:
    assert not is_hopeless(look(0.05, 0.3, sigma=0.05), EFFECT, 2.0)
    assert not is_hopeless(look(0.1, math.inf, n=2 * MANY, sigma=0.002), EFFECT, 2.0)
    assert not is_hopeless(look(0.0, math.inf, n=MANY - 1, sigma=0.002), EFFECT, 2.0)


def test_what_many_rounds_cannot_bound_is_given_up() -> None:
    assert is_hopeless(look(0.1, math.inf, n=MANY, sigma=0.3), EFFECT, 2.0)
    assert is_hopeless(look(0.0, math.inf, n=MANY, sigma=0.002), EFFECT, 2.0)


@given(st.floats(-1, 1), st.floats(0.001, 1), st.floats(1, 100), st.floats(1, 100))
def test_more_time_never_takes_hope_away(change: float, half: float, more: float, even_more: float) -> None:
    if not is_hopeless(look(change, half), EFFECT, more):
        assert not is_hopeless(look(change, half), EFFECT, more * even_more)


@given(st.floats(-1, 1), st.floats(0.001, 1), st.floats(1, 100))
def test_slower_and_faster_are_treated_alike(change: float, half: float, more: float) -> None:
    assert is_hopeless(look(change, half), EFFECT, more) == is_hopeless(look(-change, half), EFFECT, more)
