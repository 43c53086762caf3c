"""The published shape of a result: its JSON Schema, and the validator that reads by the same rules."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from perfreg.model.result import RESULT_SCHEMA, Result

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@cache
def adapter() -> TypeAdapter[tuple[Result]]:
    """Validates a list of one result: pydantic hands its configuration down from there to plain dataclasses."""
    from pydantic import ConfigDict, TypeAdapter

    config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True)
    return TypeAdapter(tuple[Result], config=config)


def result_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a result, as published in ``schema/perfreg.result.schema.json``."""
    definitions: dict[str, Any] = _tidy(adapter().json_schema())["$defs"]
    root = definitions.pop("Result")
    root["properties"] = {"schema": {}} | root["properties"] | {"schema": {"const": RESULT_SCHEMA}}
    root["required"] = ["schema", *root["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": RESULT_SCHEMA,
        **root,
        "$defs": definitions,
    }


def _tidy(node: Any) -> Any:
    """Without generated titles, and with descriptions on one line; properties that have these names are kept."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _tidy(value) for key, value in node.items() if not (key == "title" and isinstance(value, str))}
    if isinstance(kept.get("description"), str):
        kept["description"] = " ".join(kept["description"].replace("``", "`").split())
    return kept
