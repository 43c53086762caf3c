"""One request as the user configured it: what all engines send."""

from __future__ import annotations

from dataclasses import dataclass

ANY_GOOD_STATUS = frozenset(range(100, 400))
"""The statuses that are answers rather than failures, unless somebody says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to ``url``; ``accepts`` are the statuses that are answers rather than failures."""

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    accepts: frozenset[int] = ANY_GOOD_STATUS
