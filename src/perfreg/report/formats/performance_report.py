"""The result as a plain list of metrics, each with its unit and which way it should go: `performance_report.json`."""

from __future__ import annotations

import json

from perfreg.model.result import Result
from perfreg.report.figures import figures
from perfreg.report.format import ReportFile, ReportFormat

_DESIRED = {"lower": "smaller", "higher": "larger"}
"""GitLab's words for it, in the metrics of its browser performance reports."""


def render(result: Result) -> str:
    """``[{"name", "value", "unit", "desiredSize"}]``; those that only inform have no such size and are left out."""
    entries = [
        {"name": each.name, "value": each.value, "unit": each.unit, "desiredSize": _DESIRED[each.direction]}
        for each in figures(result)
        if each.direction in _DESIRED
    ]
    text = json.dumps(entries, indent=2, ensure_ascii=True, allow_nan=False)
    # "##[" and "##vso[" anywhere in a log are commands to some CI systems; an escape means the same in JSON.
    return text.replace("##", "#\\u0023") + "\n"


def _files(result: Result) -> tuple[ReportFile, ...]:
    return (ReportFile(name="performance_report.json", content=render(result).encode("ascii", "replace")),)


FORMAT = ReportFormat(
    name="performance-report", summary="a list of metrics with units and desired sizes, as JSON",
    file_name="performance_report.json", render=_files,
)  # fmt: skip
