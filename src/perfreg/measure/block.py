"""How many iterations make one block of a paired comparison."""

from __future__ import annotations

MOST = 5_000
"""Iterations of a block: more would tell little and cost memory."""
_TRY_OUT = 3


def split(seconds: float, pace: float | None, *, warm_up: int) -> tuple[int, int]:
    """Iterations that warm up and iterations that count, for a block of about ``seconds`` at ``pace`` a second.

    The warm-up has at most ``warm_up``, a quarter of all, or one when there are fewer. Without a ``pace`` both are as
    few as tell the pace.
    """
    if pace is None:
        return min(warm_up, 1), _TRY_OUT
    total = max(1, min(round(seconds * pace), MOST))
    before = min(warm_up, max(1, total // 4))
    return before, max(1, total - before)
