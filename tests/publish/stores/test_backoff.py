from __future__ import annotations

import time

import pytest

from perfreg.errors import StoreError
from perfreg.publish.stores.backoff import Backoff, TryAgain


def test_pauses_are_drawn_below_a_bound_that_doubles() -> None:
    longest = Backoff(first_s=1, longest_s=10, draw=lambda: 1.0)
    assert [longest.pause_s(attempt) for attempt in (1, 2, 3, 4, 5, 5000)] == [1, 2, 4, 8, 10, 10]
    assert Backoff(draw=lambda: 0.0).pause_s(5) == 0


def test_attempts_are_counted_until_one_succeeds() -> None:
    slept: list[float] = []

    def attempt(number: int) -> int:
        if number < 4:
            raise TryAgain("not yet")
        return number

    backoff = Backoff(first_s=1, draw=lambda: 0.5, sleep=slept.append)
    assert backoff.persist(attempt, place="here", deadline=time.monotonic() + 60) == 4
    assert slept == [0.5, 1, 2]


def test_the_last_reason_is_told_when_time_is_up() -> None:
    def attempt(number: int) -> None:
        raise TryAgain(f"lost race {number}", where="inside")

    backoff = Backoff(first_s=1, longest_s=8, draw=lambda: 1.0, sleep=lambda _: None)
    with pytest.raises(
        StoreError,
        match=r"^here: gave up after 3 attempts in 0 s; the last one: lost race 3; the one before: lost race 2 \(",
    ):
        backoff.persist(attempt, place="here", deadline=time.monotonic() + 3.5)


def test_other_errors_end_it_at_once() -> None:
    calls: list[int] = []

    def attempt(number: int) -> None:
        calls.append(number)
        raise StoreError("denied")

    with pytest.raises(StoreError, match=r"^denied$"):
        Backoff().persist(attempt, place="here", deadline=time.monotonic() + 60)
    assert calls == [1]


def test_the_same_reason_is_told_once() -> None:
    def attempt(number: int) -> None:
        raise TryAgain("locked")

    backoff = Backoff(first_s=1, draw=lambda: 1.0, sleep=lambda _: None)
    with pytest.raises(StoreError, match=r"the last one: locked \("):
        backoff.persist(attempt, place="here", deadline=time.monotonic() + 3.5)
