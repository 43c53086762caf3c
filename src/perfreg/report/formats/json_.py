"""The result as JSON: complete, in a canonical order, for programs."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from perfreg.model.result import Result
from perfreg.report.format import ReportFile, ReportFormat

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def render(result: Result) -> str:
    """The result as an ASCII document in the order of the model, ``schema`` first; floats are not rounded.

    Raises ``ValueError`` for a number that is not finite: no report may say NaN.
    """
    document = {"schema": result.schema, **_members(result)}
    text = json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False)
    # "##[" and "##vso[" anywhere in a log are commands to some CI systems; an escape means the same in JSON.
    return text.replace("##", "#\\u0023") + "\n"


def _members(record: DataclassInstance) -> dict[str, object]:
    return {field.name: _plain(getattr(record, field.name)) for field in fields(record)}


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return _members(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {_text(key): _plain(value[key]) for key in sorted(value)}
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    """Undecodable bytes that Python smuggles through as lone surrogates are not JSON; they become ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _files(result: Result) -> tuple[ReportFile, ...]:
    return (ReportFile(name="result.json", content=render(result).encode("ascii")),)


FORMAT = ReportFormat(
    name="json", summary="everything, for programs (schema published)", file_name="result.json", render=_files
)
