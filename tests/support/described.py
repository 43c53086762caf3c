"""A description of an API at work: which operation a request is, whether it may be sent, what may be answered.

A description has ``operations`` (parameters of the query, the request, answers by status) and ``$defs``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema


class Description:
    """The description in a file; ``error`` is the schema of every refusal that it does not list."""

    def __init__(self, path: Path, error: dict[str, Any]) -> None:
        document = json.loads(path.read_text("utf-8"))
        self._operations: dict[str, Any] = document["operations"]
        self._defs: dict[str, Any] = document["$defs"]
        self._error = error
        names = sorted(self._operations, key=lambda name: name.count("{"))
        self._routes = [(name, name.split()[0], _pattern(name.split()[1])) for name in names]

    def operation(self, method: str, path: str) -> tuple[str, dict[str, str]]:
        """The operation that a request asks for and the parameters in its path; fails for one that nobody uses."""
        for name, verb, pattern in self._routes:
            found = pattern.fullmatch(path)
            if found and verb == method:
                return name, {key: unquote(value) for key, value in found.groupdict().items()}
        raise AssertionError(f"{method} {path} is not described")

    def check_request(self, name: str, query: dict[str, str], body: Any) -> None:
        """Fail unless these parameters and this body are described, and nothing is sent that is not."""
        spec = self._operations[name]
        assert query.keys() <= spec["query"].keys(), f"{name}: unknown parameters {query.keys() - spec['query'].keys()}"
        for key, value in query.items():
            schema = spec["query"][key]
            self._check(f"{name} ?{key}", schema, int(value) if schema.get("type") == "integer" else value)
        if spec["request"] is None:
            assert body is None, f"{name}: a body where none belongs"
            return
        self._check(f"{name} body", spec["request"], body)
        known = self._properties(spec["request"])
        assert body.keys() <= known, f"{name}: unknown members {body.keys() - known}"

    def check_answer(self, name: str, status: int, body: Any) -> None:
        """Fail unless this status is described for the operation, and this shape for its body."""
        answers = self._operations[name]["answers"]
        if status >= 400:
            self._check(f"{name} {status}", self._error, body)
            return
        assert str(status) in answers, f"{name} is never answered with {status}"
        schema = answers[str(status)]
        if schema is None:
            assert body is None, f"{name}: a body where none belongs"
            return
        self._check(f"{name} {status}", schema, body)

    def _check(self, what: str, schema: dict[str, Any], value: Any) -> None:
        whole = {**schema, "$defs": self._defs}
        problem = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(whole).iter_errors(value))
        assert problem is None, f"{what}: {problem.json_path}: {problem.message[:300]}"

    def _properties(self, schema: dict[str, Any]) -> set[str]:
        if "$ref" in schema:
            return self._properties(self._defs[schema["$ref"].rpartition("/")[2]])
        return set(schema.get("properties", ())).union(*map(self._properties, schema.get("allOf", ())))


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
