"""The published shapes of foreign APIs, against which the fakes are checked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema

_DATA = Path(__file__).parents[1] / "data"


def check_answers(schema_file: str, answers: Iterable[tuple[str, Any]]) -> None:
    """Fail when an answer, noted under its operation, has another shape than the API's description gives it."""
    schemas = json.loads((_DATA / schema_file).read_text())
    formats = jsonschema.FormatChecker()
    for operation, document in answers:
        jsonschema.Draft202012Validator(schemas[operation], format_checker=formats).validate(document)
