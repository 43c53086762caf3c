"""How grave a regression is."""

from __future__ import annotations

from perfreg.model.result import SEVERITIES, Severity


def severity_of(z: float) -> Severity:
    """Severity by standard deviations from the baseline: above 4, 3, 2; anything milder is low."""
    size = abs(z)
    return SEVERITIES[(size > 2) + (size > 3) + (size > 4)]


def severity_beyond(score: float, limit: float) -> Severity:
    """Severity where a rule knows no standard deviations: by how many times the score is beyond the limit.

    Whoever sets such a limit wants what is beyond it to count, so nothing is milder than medium.
    """
    times = abs(score) / limit if limit > 0 else 1.0
    return SEVERITIES[1 + (times > 1.5) + (times > 2)]
