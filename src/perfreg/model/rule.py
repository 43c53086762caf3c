"""The rules of one metric, resolved from the configuration, in the metric's own unit."""

from __future__ import annotations

from dataclasses import dataclass

from perfreg.model.metric import Direction
from perfreg.model.result import Severity

DEFAULT_DECISION = "moderated_t"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedRule:
    """What one metric of one scenario is judged by. Budgets are minimums where higher is better.

    ``decision`` names the rule that tells a change from chance, ``limit`` overrides the score above which it does, and
    ``recent`` how many of the newest runs it pools, if it pools any.
    """

    direction: Direction
    tolerance_pct: float
    severity: Severity | None = None
    warning: float | None = None
    critical: float | None = None
    decision: str = DEFAULT_DECISION
    limit: float | None = None
    recent: int | None = None
