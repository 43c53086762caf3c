from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.measure.engines.profile import Profile, Segment, arrivals, constant, shifts

levels = st.floats(min_value=0, max_value=300)
segments = st.builds(Segment, duration_s=st.floats(min_value=0.1, max_value=20), first=levels, last=levels)
profiles = st.lists(segments, min_size=1, max_size=5).map(tuple)


def moments(profile: Profile, **how: int | tuple[int, int] | None) -> np.ndarray:
    pieces = list(arrivals(profile, **{"seed": None, **how}))  # type: ignore[arg-type]
    return np.concatenate(pieces) if pieces else np.zeros(0)


@given(profiles)
def test_even_arrivals_fill_the_area_in_order(profile: Profile) -> None:
    found = moments(profile)
    whole = sum(each.area for each in profile)
    assert abs(len(found) - whole) <= 1
    assert (np.diff(found) >= 0).all()
    assert not len(found) or 0 <= found[0] <= found[-1] <= sum(each.duration_s for each in profile) * 1e9 + 1


@given(profiles, st.integers(min_value=1, max_value=4), st.none() | st.integers(min_value=0, max_value=9))
def test_workers_share_the_very_same_schedule(profile: Profile, workers: int, seed: int | None) -> None:
    parts = [moments(profile, seed=seed, share=(number, workers)) for number in range(workers)]
    assert sorted(np.concatenate(parts)) == list(moments(profile, seed=seed))


def test_a_constant_rate_is_even() -> None:
    assert list(moments(constant(4, 1.0))) == [0, 250_000_000, 500_000_000, 750_000_000]


def test_a_poisson_process_has_the_rate_and_the_gaps_of_one() -> None:
    found = moments(constant(1000, 50.0), seed=7)
    gaps = np.diff(found) / 1e6
    assert len(found) == pytest.approx(50_000, rel=0.02)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.03)
    assert list(found) == list(moments(constant(1000, 50.0), seed=7))
    assert list(found[:9]) != list(moments(constant(1000, 50.0), seed=8)[:9])


@given(profiles, st.integers(min_value=0, max_value=300))
def test_shifts_are_when_there_are_so_many_users(profile: Profile, number: int) -> None:
    at = 0.0
    worked = sum(off - on for on, off in shifts(profile, number))
    expected = 0.0
    for each in profile:
        steps = np.linspace(each.first, each.last, 2001)
        expected += each.duration_s * float((steps >= number + 0.5).mean())
        at += each.duration_s
    assert math.isclose(worked, expected, abs_tol=at * 0.002 + 1e-6)
