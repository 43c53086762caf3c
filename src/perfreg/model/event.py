"""What people decided about baselines: immutable records beside the runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EventKind = Literal["accept", "reset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A decision: ``who`` made it ``at`` which time (UTC, ISO 8601), and why. ``id`` is a UUIDv7.

    ``metrics`` is a glob over ``scenario.metric``. An ``accept`` makes the regressions of one run (``run``) or of every
    run of one commit (``commit``) the new normal: the run may be a baseline, and the baseline of the metrics starts
    with it. It holds before the time ``until`` (empty: for good). A ``reset`` makes the baseline of the metrics start
    anew at ``at``.
    """

    id: str
    kind: EventKind
    at: str
    who: str
    reason: str
    metrics: str
    run: str = ""
    commit: str = ""
    until: str = ""
