"""Numbers with units."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from perfreg.config.quantity import Percent, Seconds, SecondsOrZero, convert, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5%", (5.0, "%")),
        (" 2 s ", (2.0, "s")),
        ("60s", (60.0, "s")),
        ("-1.5e-3 GB", (-0.0015, "GB")),
        ("12", (12.0, "")),
        ("100 req/s", (100.0, "req/s")),
    ],
)
def test_a_number_and_its_unit(text: str, expected: tuple[float, str]) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("text", ["", "s", "five", "1,5", "1 2", "1 s s", "1e999", "nan", "inf s"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="must be a"):
        parse(text)


@pytest.mark.parametrize(
    ("number", "unit", "target", "expected"),
    [
        (2, "seconds", "ms", 2000),
        (250, "ms", "s", 0.25),
        (2, "min", "s", 120),
        (1.5, "GB", "MB", 1500),
        (1, "MiB", "MB", 1.048576),
        (0.05, "ratio", "%", 5),
        (5, "", "anything", 5),
        (5, "slices", "slices", 5),
        (60, "req/min", "req/s", 1),
        (2, "requests_per_second", "req/s", 2),
    ],
)
def test_conversion(number: float, unit: str, target: str, expected: float) -> None:
    assert convert(number, unit, target) == pytest.approx(expected)


@pytest.mark.parametrize(("unit", "target"), [("s", "%"), ("slices", "s"), ("s", "slices"), ("%", "MB")])
def test_units_of_different_things_do_not_convert(unit: str, target: str) -> None:
    with pytest.raises(ValueError, match="does not convert"):
        convert(1, unit, target)


@pytest.mark.parametrize("value", [20, 20.0, "20", "20s", "20000 ms"])
def test_durations(value: object) -> None:
    assert TypeAdapter(Seconds).validate_python(value) == 20


@pytest.mark.parametrize("value", [0, -1, "0s", "-3 min", "5%", "", None, [1], float("nan"), float("inf")])
def test_what_is_no_duration(value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Seconds).validate_python(value)


def test_a_duration_that_may_be_zero() -> None:
    assert TypeAdapter(SecondsOrZero).validate_python("0 s") == 0


@pytest.mark.parametrize("value", [5, "5", "5%", "5 percent", "0.05 ratio"])
def test_percentages(value: object) -> None:
    assert TypeAdapter(Percent).validate_python(value) == pytest.approx(5)
