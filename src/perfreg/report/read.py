"""A result from JSON that somebody else wrote: checked to the last key before anything uses it."""

from __future__ import annotations

import json
from typing import Any

from perfreg.errors import InputError
from perfreg.model.result import RESULT_SCHEMA, Result
from perfreg.report.escape import visible
from perfreg.report.schema import adapter
from perfreg.report.words import count

SIZE_LIMIT = 32 * 1024 * 1024
"""Characters; a result of ten thousand metrics has some ten million."""

_HINT = "write one with: perfreg run --format json"


def read_result(text: str, where: str) -> Result:
    """The result in ``text``. Raises `InputError` that names ``where``, the key and what is wrong with it."""
    from pydantic import ValidationError

    if len(text) > SIZE_LIMIT:
        raise InputError(f"has {len(text):,} characters, more than the limit of {SIZE_LIMIT:,}", where=where)
    _check_schema(_document(text, where), where)
    try:
        return adapter().validate_json(f"[{text}]")[0]
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        more = f"; {count(len(problems) - 1, 'more problem')}" if len(problems) > 1 else ""
        first = problems[0]
        message = f"{_path(first['loc'][1:])}: {visible(first['msg'])}{more}"
        raise InputError(message, where=where, hint=_HINT) from error


def _document(text: str, where: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_reject)
    except json.JSONDecodeError as error:
        place = f"{where}:{error.lineno}"
        raise InputError(
            f"is not JSON: {error.msg.removesuffix(' at')} in column {error.colno}", where=place, hint=_HINT
        ) from error
    except ValueError as error:
        raise InputError(f"is not a result: {error}", where=where, hint=_HINT) from error
    except RecursionError as error:
        raise InputError("is not a result: it is nested too deeply", where=where, hint=_HINT) from error


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in members:
        if key in found:
            raise ValueError(f"the key {visible(key)!r} is there twice")
        found[key] = value
    return found


def _reject(constant: str) -> None:
    raise ValueError(f"{constant} is not a number")


def _check_schema(document: object, where: str) -> None:
    if not isinstance(document, dict):
        raise InputError("is not a result: not an object", where=where, hint=_HINT)
    schema = document.get("schema")
    if schema != RESULT_SCHEMA:
        found = visible(schema) if isinstance(schema, str) else "missing" if schema is None else "not a text"
        raise InputError(f"schema: {found}, but this perfreg reads {RESULT_SCHEMA}", where=where, hint=_HINT)


def _path(place: tuple[int | str, ...]) -> str:
    path = ""
    for step in place:
        path += f"[{step}]" if isinstance(step, int) else f".{visible(step)}"
    return path.removeprefix(".") or "result"
