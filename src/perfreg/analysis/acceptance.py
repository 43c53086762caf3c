"""Acceptances that authors write into commit messages: ``Perf-Accept: GLOB reason``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TRAILER = re.compile(r"perf-accept:\s*(\S+)\s+(\S.*)", re.IGNORECASE)
_LENGTH = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Trailer:
    """One acceptance: a glob over ``scenario.metric`` and the reason."""

    metrics: str
    reason: str


def trailers(message: str) -> Iterator[Trailer]:
    """The acceptances in a commit message. One without a reason does not count: who comes later must learn why."""
    for line in message.splitlines():
        match = _TRAILER.fullmatch(line.strip())
        if match:
            yield Trailer(metrics=match[1][:_LENGTH], reason=match[2][:_LENGTH])
