"""What a report format is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from perfreg.model.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFile:
    """One file of a report. ``name`` is relative to wherever the report goes; the first file is the one to open."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFormat:
    """One registered format. ``file_name`` is the name of the first file when the user gives none.

    ``linked`` is there for a format that links to the others: it renders as ``render`` does, given the address at which
    they can be read.
    """

    name: str
    summary: str
    file_name: str
    render: Callable[[Result], tuple[ReportFile, ...]]
    linked: Callable[[Result, str], tuple[ReportFile, ...]] | None = None
