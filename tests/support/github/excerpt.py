"""Cut out of GitHub's published description of its REST API what the tests hold requests and answers against.

The description is the npm package ``@octokit/openapi`` (MIT), which is far too large to be kept here. To renew the
excerpt, or after adding an operation below::

    npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz package/generated/api.github.com.json
    python -m tests.support.github.excerpt package/generated/api.github.com.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXCERPT = Path(__file__).parents[2] / "data" / "github" / "rest.openapi.json"

REPO = "/repos/{owner}/{repo}"
OPERATIONS = (
    "GET /user",
    f"GET {REPO}/issues/{{issue_number}}/comments",
    f"POST {REPO}/issues/{{issue_number}}/comments",
    f"PATCH {REPO}/issues/comments/{{comment_id}}",
    f"DELETE {REPO}/issues/comments/{{comment_id}}",
    f"POST {REPO}/issues/comments/{{comment_id}}/reactions",
    f"GET {REPO}/pulls",
    f"GET {REPO}/pulls/{{pull_number}}",
    f"GET {REPO}/commits/{{commit_sha}}/pulls",
    f"GET {REPO}/collaborators/{{username}}/permission",
    f"POST {REPO}/statuses/{{sha}}",
    f"POST {REPO}/check-runs",
    f"GET {REPO}/issues/{{issue_number}}/labels",
    f"POST {REPO}/issues/{{issue_number}}/labels",
    f"DELETE {REPO}/issues/{{issue_number}}/labels/{{name}}",
    f"GET {REPO}/issues/{{issue_number}}/events",
    f"GET {REPO}/issues",
    f"POST {REPO}/issues",
    f"PATCH {REPO}/issues/{{issue_number}}",
)

_PROSE = {"description", "summary", "example", "examples", "title", "externalDocs", "default", "discriminator"}
_NOTICE = (
    "Facts of GitHub's published description of its REST API: npm package @octokit/openapi {version}, file "
    "generated/api.github.com.json, made by tests/support/github/excerpt.py; the operations that are used, without "
    "prose, nullable written as JSON Schema has it. MIT License, Copyright (c) 2020 Octokit contributors: permission "
    "is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation "
    "files (the Software), to deal in the Software without restriction, including without limitation the rights to "
    "use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit "
    "persons to whom the Software is furnished to do so, subject to the following conditions: the above copyright "
    "notice and this permission notice shall be included in all copies or substantial portions of the Software. THE "
    "SOFTWARE IS PROVIDED AS IS, WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE "
    "WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE "
    "AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF "
    "CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER "
    "DEALINGS IN THE SOFTWARE."
)


def excerpt(description: dict[str, Any]) -> dict[str, Any]:
    """The used operations (parameters, request, answers by status) and every schema they refer to, under ``$defs``."""
    operations = {name: _operation(description, name) for name in OPERATIONS}
    wanted, schemas = list(_references(operations)), {}
    while wanted:
        name = wanted.pop()
        if name not in schemas:
            schemas[name] = _schema(description["components"]["schemas"][name])
            wanted += _references(schemas[name])
    notice = _NOTICE.format(version=description["info"]["version"])
    return {"$comment": notice, "operations": operations, "$defs": dict(sorted(schemas.items()))}


def _operation(description: dict[str, Any], name: str) -> dict[str, Any]:
    method, path = name.split()
    found = description["paths"][path][method.lower()]
    parameters = [_resolved(description, each) for each in found.get("parameters", ())]
    answers = {status: _resolved(description, each) for status, each in found["responses"].items()}
    return {
        "query": {
            each["name"]: {"required": each.get("required", False), "schema": _schema(each["schema"])}
            for each in parameters
            if each["in"] == "query"
        },
        "request": _content(found.get("requestBody")),
        "answers": {status: _content(answer) for status, answer in answers.items()},
    }


def _resolved(description: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        _, _, kind, name = node["$ref"].split("/")
        found: dict[str, Any] = description["components"][kind][name]
        return found
    return node


def _content(node: dict[str, Any] | None) -> Any:
    content = (node or {}).get("content", {})
    return _schema(content["application/json"]["schema"]) if "application/json" in content else None


def _schema(node: Any, *, names: bool = False) -> Any:
    """A schema without prose; ``names`` where the keys are those of properties."""
    if isinstance(node, list):
        return [_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    if names:
        return {key: _schema(value) for key, value in node.items()}
    kept = {
        key: _schema(value, names=key == "properties")
        for key, value in node.items()
        if key not in _PROSE and not key.startswith("x-") and key != "nullable"
    }
    if "$ref" in kept:
        kept["$ref"] = "#/$defs/" + kept["$ref"].rpartition("/")[2]
    return {"anyOf": [kept, {"type": "null"}]} if node.get("nullable") else kept


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].rpartition("/")[2]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each)


def _written(document: dict[str, Any]) -> str:
    """JSON with a line for each operation and each schema, so that differences can be read."""
    parts = (
        f'"{key}": {{\n{_lines(value)}\n}}' if isinstance(value, dict) else f'"{key}": {json.dumps(value)}'
        for key, value in document.items()
    )
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _lines(members: dict[str, Any]) -> str:
    return ",\n".join(
        f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in members.items()
    )


if __name__ == "__main__":
    EXCERPT.write_text(_written(excerpt(json.loads(Path(sys.argv[1]).read_text("utf-8")))), "utf-8")
