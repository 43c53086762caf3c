"""Moments in the forms that other tools write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfreg.histories.dates import iso, moment

SOME = 1_700_000_000_000  # 2023-11-14T22:13:20Z


@pytest.mark.parametrize(
    "written",
    [
        SOME,
        SOME / 1000,
        SOME * 1000,
        SOME * 1_000_000,
        str(SOME),
        "1700000000",
        "2023-11-14T22:13:20Z",
        "2023-11-14T22:13:20",
        "2023-11-14 22:13:20 +0000",
        " 2023-11-14T22:13:20.000000+00:00 ",
        "2023-11-15T00:13:20+02:00",
        "2023-11-14T16:43:20-0530",
        "20231114_221320",
        "2023-11-14T22:13:20 UTC",
    ],
)
def test_a_moment_is_read(written: object) -> None:
    assert moment(written) == SOME


def test_a_day_is_its_midnight_and_fractions_count() -> None:
    assert moment("2023-11-14") == SOME - (22 * 3600 + 13 * 60 + 20) * 1000
    assert moment("2023-11-14T22:13:20.5Z") == SOME + 500
    assert moment("2023-11-14T22:13:20,123456789Z") == SOME + 123


@pytest.mark.parametrize(
    "written",
    [
        *(None, True, "", "yesterday", "2023-13-01", "2023-02-30", "2023-11-14T25:00:00", "0000-01-01", "0", 0, -1),
        *(float("nan"), float("inf"), [], {}, "1969-12-31", "9999-12-31T23:59:59-23:59", 10**400, "9" * 500),
    ],
)
def test_anything_else_is_no_moment(written: object) -> None:
    assert moment(written) is None


@given(st.integers(min_value=10**11, max_value=10**14 - 1))
def test_what_is_written_reads_back(milliseconds: int) -> None:
    assert moment(iso(milliseconds)) == milliseconds
