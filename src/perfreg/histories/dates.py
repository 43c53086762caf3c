"""Moments as other tools write them, in milliseconds since 1970-01-01 UTC."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from perfreg.histories.document import number

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LAST = 253_402_300_799_999  # the end of the year 9999
_ISO = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)"
    r"(?:[T _]?(\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?\s*(?:Z|UTC|([+-])(\d\d):?(\d\d)?)?)?",
    re.ASCII | re.IGNORECASE,
)


def moment(value: object) -> int | None:
    """A moment from ISO 8601 (UTC without an offset) or seconds to nanoseconds since 1970; None when it is neither."""
    found = _iso(value.strip()) if isinstance(value, str) else None
    if found is None:
        found = _since_epoch(number(value))
    return found if found is not None and 0 < found <= _LAST else None


def _iso(text: str) -> int | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(each or 0) for each in match.groups()[:6])
    offset = timedelta(hours=int(match[9] or 0), minutes=int(match[10] or 0)) * (-1 if match[8] == "-" else 1)
    try:
        written = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=timezone.utc)
        since = written - _EPOCH - offset
    except (ValueError, OverflowError):
        return None
    return since // timedelta(milliseconds=1) + int((match[7] or "0").ljust(3, "0")[:3])


def _since_epoch(value: float | None) -> int | None:
    """The size tells the unit: until the year 5138, seconds are less and milliseconds are more than 10^11."""
    if value is None:
        return None
    while value >= 1e14:
        value /= 1000
    return round(value if value >= 1e11 else value * 1000)


def iso(milliseconds: int) -> str:
    """A moment as runs store it."""
    return (_EPOCH + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds")
