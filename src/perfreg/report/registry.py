"""The report formats perfreg knows. To add one: a file in `perfreg.report.formats`, and its line here."""

from __future__ import annotations

from perfreg.report.format import ReportFormat
from perfreg.report.formats import comment, console, html, json_, markdown

REPORT_FORMATS: dict[str, ReportFormat] = {
    each.name: each
    for each in (
        comment.FORMAT,
        console.FORMAT,
        html.FORMAT,
        json_.FORMAT,
        markdown.FORMAT,
    )
}
