"""The report formats perfreg knows. To add one: a file in `perfreg.report.formats`, and its line here."""

from __future__ import annotations

from perfreg.report.format import ReportFormat
from perfreg.report.formats import (
    comment,
    console,
    csv_,
    gitlab_annotations,
    gitlab_load_performance,
    html,
    json_,
    jtl,
    junit,
    markdown,
    openmetrics,
    performance_report,
)

REPORT_FORMATS: dict[str, ReportFormat] = {
    each.name: each
    for each in (
        comment.FORMAT,
        console.FORMAT,
        csv_.FORMAT,
        gitlab_annotations.FORMAT,
        gitlab_load_performance.FORMAT,
        html.FORMAT,
        jtl.FORMAT,
        json_.FORMAT,
        junit.FORMAT,
        markdown.FORMAT,
        openmetrics.FORMAT,
        performance_report.FORMAT,
    )
}
