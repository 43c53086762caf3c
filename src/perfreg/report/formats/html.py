"""The result as a page that opens offline: one HTML file and its style sheet, no scripts, pictures as SVG."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from perfreg.model.result import Result
from perfreg.report import facts
from perfreg.report.format import ReportFile, ReportFormat
from perfreg.report.section import STATISTICS, sections
from perfreg.report.versus import NOISE_HEADER
from perfreg.report.view import View, view

if TYPE_CHECKING:
    from jinja2 import Environment

_STYLE_SHEET = "perfreg.css"


def render(result: Result) -> tuple[str, str]:
    """The page and its style sheet, which must be named ``perfreg.css`` and lie beside it."""
    templates = _templates()
    said = view(result)
    page = templates.get_template("report.html.j2").render(
        said=said,
        sections=sections(result, said.rows),
        statistics=STATISTICS,
        noise_header=NOISE_HEADER,
        facts=(
            ("Code", facts.code_facts(result)),
            _compared(result, said),
            ("Environment", facts.environment_facts(result)),
            ("Run", facts.run_facts(result)),
        ),
        style_sheet=_STYLE_SHEET,
    )
    return page, templates.get_template(_STYLE_SHEET).render()


def _compared(result: Result, said: View) -> tuple[str, facts.Facts]:
    if result.comparison is None or said.versus is None:
        return "Baseline", facts.baseline_facts(result)
    return "Comparison", facts.comparison_facts(result.comparison, said.versus.repeat)


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("perfreg.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _files(result: Result) -> tuple[ReportFile, ...]:
    page, style = render(result)
    return (
        ReportFile(name="index.html", content=page.encode("utf-8", "replace")),
        ReportFile(name=_STYLE_SHEET, content=style.encode("utf-8")),
    )


FORMAT = ReportFormat(
    name="html", summary="a page that opens offline, with pictures", file_name="index.html", render=_files
)
