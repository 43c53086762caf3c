"""The result as links on the page of a GitLab job: what was found, each leading to where it can be read."""

from __future__ import annotations

import json
from collections.abc import Iterator

from perfreg.model.result import Result
from perfreg.report.escape import visible
from perfreg.report.format import ReportFile, ReportFormat
from perfreg.report.view import View, view

_SECTION = "perfreg"
_LINKS_SHOWN = 20
_LABEL_LIMIT = 240
"""GitLab takes files of 80 kB: these limits stay far below, also where every character is escaped."""


def render(result: Result, page: str = "") -> str:
    """A JSON document with one section of external links to ``page``, none of them where that is empty."""
    labels = list(_labels(view(result)))[:_LINKS_SHOWN] if page else []
    links = [{"external_link": {"label": visible(label, _LABEL_LIMIT), "url": page}} for label in labels]
    text = json.dumps({_SECTION: links}, indent=2, ensure_ascii=True)
    # "##[" and "##vso[" anywhere in a log are commands to some CI systems; an escape means the same in JSON.
    return text.replace("##", "#\\u0023") + "\n"


def _labels(said: View) -> Iterator[str]:
    yield f"{said.mood}: {said.headline.sentence}"
    for row in said.rows:
        if row.status == "regression":
            size = " ".join(part for part in (row.change, row.interval) if part)
            yield f"{row.name}: {row.verdict}, {size}"
    for notice in said.notices:
        yield f"{notice.word}: {notice.title}"


def _linked(result: Result, page: str) -> tuple[ReportFile, ...]:
    return (ReportFile(name="annotations.json", content=render(result, page).encode("ascii", "replace")),)


def _files(result: Result) -> tuple[ReportFile, ...]:
    return _linked(result, "")


FORMAT = ReportFormat(
    name="gitlab-annotations", summary="links on the page of a GitLab job to the report and what it found",
    file_name="annotations.json", render=_files, linked=_linked,
)  # fmt: skip
