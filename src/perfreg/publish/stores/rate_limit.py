"""How long an API that was asked too often wants to be left alone: the customs of GitHub and GitLab."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_SECONDARY_S = 60.0  # GitHub's advice for a secondary limit without a time


def seconds_to_wait(status: int, headers: Mapping[str, str], body: bytes) -> float | None:
    """Seconds until the next request is welcome; None when the answer is not about the rate of requests.

    ``headers`` are looked up in lower case.
    """
    after = _retry_after(headers.get("retry-after", ""))
    if status in (429, 503) and after is not None:
        return after
    if status not in (403, 429):
        return None
    if after is not None:
        return after
    spent = headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining")) == "0"
    reset = headers.get("x-ratelimit-reset", headers.get("ratelimit-reset", ""))
    if spent and reset.isascii() and reset.isdigit():
        return max(0.0, int(reset[:12]) - time.time())
    if spent or b"secondary rate limit" in body:
        return _SECONDARY_S
    return 0.0 if status == 429 else None


def _retry_after(value: str) -> float | None:
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
