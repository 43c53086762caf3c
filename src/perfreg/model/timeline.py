"""How a load went while it lasted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The load of one scenario from its start to its end, in steps of ``step_s`` seconds.

    All columns have an entry for each step: answers and failures that ended in it, and the median and the 95th
    percentile of the response times (ms) of those answers, None where there were none.
    """

    scenario: str
    step_s: float
    answers: tuple[int, ...]
    failures: tuple[int, ...]
    p50_ms: tuple[float | None, ...]
    p95_ms: tuple[float | None, ...]
