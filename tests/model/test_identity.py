"""Ids carry their time in front and say that they are UUIDs of version 7."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from perfreg.model.identity import uuid7

MOMENTS = st.integers(min_value=0, max_value=(1 << 48) - 1)
BYTES = st.binary(min_size=10, max_size=10)


@given(MOMENTS, BYTES)
def test_an_id_is_a_uuid_of_version_seven_that_tells_its_time(moment: int, random: bytes) -> None:
    found = uuid.UUID(uuid7(moment, random))
    assert (found.version, found.variant) == (7, uuid.RFC_4122)
    assert found.int >> 80 == moment


@given(MOMENTS, MOMENTS, BYTES, BYTES)
def test_ids_sort_by_time(one: int, two: int, first: bytes, second: bytes) -> None:
    if one < two:
        assert uuid7(one, first) < uuid7(two, second)


@given(MOMENTS, BYTES)
def test_all_other_bits_are_the_given_ones(moment: int, random: bytes) -> None:
    flipped = bytes(each ^ 0xFF for each in random)
    different = uuid.UUID(uuid7(moment, random)).int ^ uuid.UUID(uuid7(moment, flipped)).int
    assert different == (1 << 80) - 1 & ~(0xF << 76) & ~(0x3 << 62)
