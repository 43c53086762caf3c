"""The rules of one metric, resolved from the configuration, in the metric's own unit."""

from __future__ import annotations

from dataclasses import dataclass

from perfreg.model.metric import Direction
from perfreg.model.result import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedRule:
    """What one metric of one scenario is judged by. Limits are minimums where higher is better."""

    direction: Direction
    tolerance_pct: float
    severity: Severity | None = None
    warning: float | None = None
    critical: float | None = None
