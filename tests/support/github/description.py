"""GitHub's published description at work: which operation a request is, whether it may be sent, what is answered."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any
from urllib.parse import unquote

import jsonschema

from tests.support.github.excerpt import EXCERPT

_TEXTS = {"uri": "https://github.example/x", "date-time": "2026-11-20T10:00:00Z", "email": "a@example.com"}


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(EXCERPT.read_text("utf-8"))
    return document


@cache
def _routes() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """Operations with a pattern for their path; those with more fixed parts come first."""
    names = sorted(_document()["operations"], key=lambda name: name.count("{"))
    return tuple(
        (name, name.split()[0], re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", name.split()[1]))) for name in names
    )


def operation(method: str, path: str) -> tuple[str, dict[str, str]]:
    """The operation that a request asks for and the parameters in its path; fails for one that nobody uses."""
    for name, verb, pattern in _routes():
        found = pattern.fullmatch(path)
        if found and verb == method:
            return name, {key: unquote(value) for key, value in found.groupdict().items()}
    raise AssertionError(f"{method} {path} is not in the excerpt of GitHub's description")


def check_request(name: str, query: dict[str, str], body: Any) -> None:
    """Fail unless the description allows these parameters and this body, and nothing is sent that it does not know."""
    spec = _document()["operations"][name]
    assert query.keys() <= spec["query"].keys(), f"{name}: unknown parameters {query.keys() - spec['query'].keys()}"
    for key, value in query.items():
        schema = spec["query"][key]["schema"]
        _check(f"{name} ?{key}", schema, int(value) if schema.get("type") == "integer" else value)
    if spec["request"] is None:
        assert body is None, f"{name}: a body where none belongs"
        return
    _check(f"{name} body", spec["request"], body)
    known = _properties(spec["request"])
    assert isinstance(body, list) or body.keys() <= known, f"{name}: unknown members {body.keys() - known}"


def check_answer(name: str, status: int, body: Any) -> None:
    """Fail unless the description has this status for the operation, and this shape for its body.

    It does not list every refusal of every operation; those all look alike.
    """
    answers = _document()["operations"][name]["answers"]
    schema = answers.get(str(status))
    if schema is None and status >= 400:
        schema = {"$ref": "#/$defs/basic-error"}
    if schema is None:
        assert str(status) in answers, f"{name} is never answered with {status}"
        assert body is None
        return
    _check(f"{name} {status}", schema, body)


def filled(schema: str, **facts: Any) -> dict[str, Any]:
    """The smallest document that has this schema of the description, with ``facts`` in it."""
    document = _filled({"$ref": f"#/$defs/{schema}"})
    assert isinstance(document, dict)
    return {**document, **facts}


def _check(what: str, schema: Any, value: Any) -> None:
    whole = {**schema, "$defs": _document()["$defs"]} if isinstance(schema, dict) else schema
    problem = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(whole).iter_errors(value))
    assert problem is None, f"{what}: {problem.json_path}: {problem.message[:300]}"


def _properties(schema: Any) -> set[str]:
    """The members that a schema knows, whichever of its alternatives is meant."""
    if "$ref" in schema:
        return _properties(_document()["$defs"][schema["$ref"].rpartition("/")[2]])
    mine = set(schema.get("properties", ()))
    parts = (*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ()))
    return mine.union(*map(_properties, parts))


def _filled(schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _filled(_document()["$defs"][schema["$ref"].rpartition("/")[2]])
    if "enum" in schema:
        return schema["enum"][0]
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives:
        return None if {"type": "null"} in alternatives else _filled(alternatives[0])
    if "allOf" in schema:
        return {key: value for part in schema["allOf"] for key, value in (_filled(part) or {}).items()}
    return _simple(schema)


def _simple(schema: dict[str, Any]) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if kind == "object":
        properties = schema.get("properties", {})
        return {key: _filled(properties[key]) for key in schema.get("required", ()) if key in properties}
    return {
        "string": _TEXTS.get(schema.get("format", ""), "x"),
        "integer": 1,
        "number": 1,
        "boolean": False,
        "array": [],
    }[kind]
