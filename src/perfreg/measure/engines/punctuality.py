"""Whether an open loop was what its schedule says: the same measure for all engines that have one."""

from __future__ import annotations

from collections.abc import Iterator

from perfreg.stats.distribution import Distribution

_UNSENT_PCT = 1.0
"""More requests than these left unsent at the end: the schedule was not kept."""
_LAG_MS = 10.0
"""A generator that is later than this, and by half of what it measures, mostly measures itself."""


def is_too_long(queue: int, scheduled: int) -> bool:
    """Whether a queue is too long to be worked off after the schedule has ended."""
    return 100 * queue > _UNSENT_PCT * max(scheduled, 1)


def faults(*, unsent: int, scheduled: int, connections: int, lag: Distribution, usual_ms: float) -> Iterator[str]:
    """Why the times that were measured are not those of the schedule. ``usual_ms`` is the median response time."""
    if unsent:
        yield (
            f"the schedule was not kept: {unsent} of {scheduled} requests were never sent, as all "
            f"{connections} connections still waited for answers"
        )
    late = lag.quantile(0.99) if lag.n else 0.0
    if late > max(_LAG_MS, usual_ms / 2):
        yield (
            f"the load generator was too slow for the schedule: 1 % of the requests were sent {late:.3g} ms late "
            "or later by its own fault"
        )
