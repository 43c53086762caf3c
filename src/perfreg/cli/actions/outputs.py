"""The outputs of the Action, for the steps that follow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfreg.cli.done import Done
    from perfreg.model.result import Result, VerdictStatus

OUTPUTS = (
    *("status", "gate", "regressions", "improvements", "inconclusive"),
    *("result-file", "report-file", "markdown-file", "comment-id", "comment-url", "baseline-updated", "result"),
)
_MOST_METRICS = 50
"""Metrics in the output `result`: what a job may put out is limited, and the file has all of them."""


def outputs_of(done: Done) -> dict[str, str]:
    """The `OUTPUTS` of a finished measurement, all but those about its comment."""
    result = done.result
    return {
        "status": result.run.status,
        "gate": result.gate.status,
        "regressions": _count(result, "regression"),
        "improvements": _count(result, "improvement"),
        "inconclusive": _count(result, "inconclusive"),
        **{f"{name}-file": str(done.report(form) or "") for name, form in _FILES.items()},
        "baseline-updated": "true" if done.updates_baseline else "false",
        "result": json.dumps(_summary(result), separators=(",", ":")),
    }


_FILES = {"result": "json", "report": "html", "markdown": "markdown"}


def _count(result: Result, status: VerdictStatus) -> str:
    return str(len(result.with_status(status)))


def _summary(result: Result) -> dict[str, object]:
    """What a script wants to know without reading the file: the gate, its reasons, and the metrics that changed."""
    changed = [each for each in result.verdicts if each.status in ("regression", "improvement")]
    return {
        "status": result.run.status,
        "gate": result.gate.status,
        "reasons": list(result.gate.reasons),
        "changed": [
            {
                "metric": f"{each.scenario}.{each.metric}",
                "status": each.status,
                "severity": each.severity,
                "change_pct": each.change_pct,
            }
            for each in sorted(changed, key=lambda each: each.status, reverse=True)[:_MOST_METRICS]
        ],
    }
