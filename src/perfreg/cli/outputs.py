"""Where reports go: decided and checked before anything is measured, written whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from perfreg.cli.job_page import job_page
from perfreg.errors import UsageError
from perfreg.model.result import Result
from perfreg.plugins import extended
from perfreg.report.format import ReportFormat
from perfreg.report.registry import REPORT_FORMATS

DEFAULT_FORMATS = ("json", "markdown", "html")

_SUFFIXES = {
    ".json": "json",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".txt": "console",
    ".csv": "csv",
    ".xml": "junit",
    ".jtl": "jtl",
}

STDOUT = Path("-")


@cache
def report_formats() -> dict[str, ReportFormat]:
    """All report formats by name, those that installed packages add under ``perfreg.reports`` included."""
    return extended("perfreg.reports", REPORT_FORMATS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One report: its format and the file its main part is written to (`STDOUT` for standard output)."""

    format: str
    path: Path


def plan(formats: Sequence[str], output: Path | None, directory: Path) -> tuple[Target, ...]:
    """Targets for ``formats`` (empty: the default ones) in ``directory``.

    ``output`` takes one of them: the only one asked for, else the one its suffix names, else JSON.
    Raises `UsageError` for a format nobody knows or a place that cannot be written.
    """
    for name in formats:
        if name not in report_formats():
            known = ", ".join(report_formats())
            raise UsageError(f"unknown report format {name!r}", where="--format", hint=f"known: {known}")
    chosen = list(dict.fromkeys(formats or DEFAULT_FORMATS))
    special = _special(formats, output)
    if special and special not in chosen:
        chosen.insert(0, special)
    targets = tuple(
        Target(format=name, path=output if output and name == special else directory / report_formats()[name].file_name)
        for name in chosen
    )
    for target in targets:
        _check(target.path)
    return targets


def place_of(form: str, targets: Sequence[Target]) -> Path | None:
    """The directory of the report in this format; None when there is none, or it went to standard output."""
    return next((each.path.parent for each in targets if each.format == form and each.path != STDOUT), None)


def _special(formats: Sequence[str], output: Path | None) -> str:
    if output is None:
        return ""
    if len(set(formats)) == 1:
        return formats[0]
    return _SUFFIXES.get(output.suffix.lower(), formats[0] if formats else "json")


def _check(path: Path) -> None:
    if path == STDOUT:
        return
    if path.is_dir():
        raise UsageError(f"{path} is a directory", where="--output", hint="name a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write there: {error}", where=str(path), hint="choose another place") from error
    places = [path] if _is_special(path) else [path.parent, *([path] if path.exists() else [])]
    if not all(os.access(place, os.W_OK) for place in places):
        raise UsageError("cannot write there: permission denied", where=str(path), hint="choose another place")


def write(result: Result, targets: Sequence[Target]) -> None:
    """Render ``result`` to every target; each file is replaced in one step."""
    page = job_page(os.environ, _readable(targets))
    for target in targets:
        form = report_formats()[target.format]
        main, *others = form.linked(result, page) if form.linked else form.render(result)
        if target.path == STDOUT:
            sys.stdout.buffer.write(main.content)
            sys.stdout.buffer.flush()
            continue
        _replace(target.path, main.content)
        for extra in others:
            _replace(target.path.parent / extra.name, extra.content)


def _readable(targets: Sequence[Target]) -> Path | None:
    """The HTML report: one of ``targets``, or one that an earlier command has left beside them."""
    beside = (each.path.parent / report_formats()["html"].file_name for each in targets if each.path != STDOUT)
    written = (each.path for each in targets if each.format == "html" and each.path != STDOUT)
    return next(written, None) or next((path for path in beside if path.is_file()), None)


def _is_special(path: Path) -> bool:
    """Whether it is a device or a pipe. A file put in its place would take it from the whole machine."""
    return path.exists() and not path.is_file()


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if _is_special(path):
            path.write_bytes(content)
            return
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"cannot write the report: {error}", where=str(path)) from error
