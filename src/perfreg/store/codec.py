"""Runs as canonical JSON: one text for one run, checked strictly on the way in."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from perfreg.errors import StoreError
from perfreg.model.run import Run

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@cache
def _adapter() -> TypeAdapter[Run]:
    from pydantic import TypeAdapter

    return TypeAdapter(Run)


def encode(run: Run) -> str:
    """The run as one line of JSON with sorted keys and without spaces. Raises ``ValueError`` for NaN."""
    document: Any = _adapter().dump_python(run, mode="json")
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)


def decode(text: str, where: str) -> Run:
    """The run that `encode` wrote. Raises `StoreError` naming ``where`` when it is not one."""
    from pydantic import ValidationError

    try:
        return _adapter().validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(map(str, first["loc"]))
        raise StoreError(f"not a run: {path}: {first['msg']}", where=where) from error
