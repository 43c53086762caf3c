from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.report import words


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (41.234, "41.23"),
        (30.5, "30.5"),
        (0.2, "0.2"),
        (0.042134, "0.04213"),
        (1520.5, "1,520"),
        (41000.0, "41,000"),
        (1234567.0, "1,234,567"),
        (-3.14159, "-3.142"),
        (0.00001234, "1.23e-05"),
        (1e300, "1e+300"),
    ],
)
def test_numbers_have_four_significant_digits(value: float, expected: str) -> None:
    assert words.number(value) == expected


@given(st.floats(min_value=-1e300, max_value=1e300))
def test_a_number_reads_back_nearly_the_same(value: float) -> None:
    read = float(words.number(value).replace(",", ""))
    assert read == pytest.approx(value, rel=5.1e-3)
    assert len(words.number(value)) < 25


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (None, "ms", "n/a"),
        (54.0123, "ms", "54.01 ms"),
        (12.0, "", "12"),
        (0xBEEF01, "hash", "beef01"),
    ],
)
def test_quantities(value: float | None, unit: str, expected: str) -> None:
    assert words.quantity(value, unit) == expected


@pytest.mark.parametrize(
    ("pct", "expected"),
    [
        (None, "n/a"),
        (0.0, "0.0 %"),
        (31.0, "+31.0 %"),
        (-12.34, "-12.3 %"),
        (250.4, "+250 %"),
        (12345.0, "+12,345 %"),
        (1e9, "+1.0e+09 %"),
        (0.021, "+0.02 %"),
        (-1e-9, "0.0 %"),
    ],
)
def test_a_change_has_its_sign_and_is_never_zero_for_want_of_a_number(pct: float | None, expected: str) -> None:
    assert words.change(pct) == expected


def test_intervals() -> None:
    assert words.interval(27.2, 35.1) == "[+27.2, +35.1]"
    assert words.interval(-1.94, 2.31) == "[-1.9, +2.3]"
    assert words.interval(None, 35.1) == "[any, +35.1]"
    assert words.interval(None, None) == ""


@pytest.mark.parametrize(
    ("days", "expected"),
    [(-1.0, "less than an hour old"), (0.5, "12 hours old"), (1 / 23, "1 hour old"), (3.9, "3 days old")],
)
def test_ages(days: float, expected: str) -> None:
    assert words.age(days) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0, "0.0 s"), (9.96, "10 s"), (119.0, "119 s"), (185.2, "3 min 5 s")]
)
def test_durations(seconds: float, expected: str) -> None:
    assert words.duration(seconds) == expected
