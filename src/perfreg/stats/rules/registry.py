"""The decision rules perfreg knows. To add one: a file in `perfreg.stats.rules`, and its line here.

Rules of installed packages come through the entry-point group ``perfreg.rules``.
"""

from __future__ import annotations

from functools import cache

from perfreg.plugins import extended
from perfreg.stats.rules import (
    change_iqr,
    confidence_interval,
    delta_iqr,
    iqr,
    log_normal,
    mann_whitney,
    moderated_t,
    percentage,
    ratio,
    robust_z,
    step,
    t,
    tukey,
    weighted_t,
    welch,
    z,
)
from perfreg.stats.rules.rule import Rule

RULES: dict[str, Rule] = {
    each.name: each
    for each in (
        moderated_t.RULE,
        ratio.RULE,
        percentage.RULE,
        z.RULE,
        t.RULE,
        log_normal.RULE,
        iqr.RULE,
        tukey.RULE,
        delta_iqr.RULE,
        change_iqr.RULE,
        robust_z.RULE,
        mann_whitney.RULE,
        welch.RULE,
        confidence_interval.RULE,
        weighted_t.RULE,
        step.RULE,
    )
}


@cache
def rules() -> dict[str, Rule]:
    """All rules by name, those of installed packages included."""
    return extended("perfreg.rules", RULES)
