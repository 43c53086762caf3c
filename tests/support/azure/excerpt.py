"""Cut out of Azure DevOps' published description of its REST API what the tests hold requests and answers against.

The description is ``specification/git/7.1/git.json`` of the repository ``MicrosoftDocs/vsts-rest-api-specs`` at GitHub
(MIT), which is far too large to be kept here. To renew the excerpt, or after adding an operation below::

    python -m tests.support.azure.excerpt git.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXCERPT = Path(__file__).parents[2] / "data" / "azure" / "rest.swagger.json"

PREFIX = "/{organization}/{project}/_apis/git/repositories/{repositoryId}"
REQUEST = f"{PREFIX}/pullRequests/{{pullRequestId}}"
OPERATIONS = (
    f"GET {REQUEST}/threads",
    f"POST {REQUEST}/threads",
    f"PATCH {REQUEST}/threads/{{threadId}}",
    f"PATCH {REQUEST}/threads/{{threadId}}/comments/{{commentId}}",
    f"DELETE {REQUEST}/threads/{{threadId}}/comments/{{commentId}}",
    f"POST {REQUEST}/threads/{{threadId}}/comments/{{commentId}}/likes",
    f"POST {REQUEST}/labels",
    f"DELETE {REQUEST}/labels/{{labelIdOrName}}",
    f"POST {REQUEST}/statuses",
    f"GET {PREFIX}/pullrequests",
    f"GET {PREFIX}/pullrequests/{{pullRequestId}}",
    f"POST {PREFIX}/pullrequestquery",
    f"POST {PREFIX}/commits/{{commitId}}/statuses",
)
KEPT = {
    "GitPullRequest": (
        "pullRequestId", "status", "sourceRefName", "targetRefName", "lastMergeSourceCommit", "lastMergeCommit",
        "labels", "repository", "forkSource", "title",
    ),
    "GitRepository": ("id", "name", "webUrl", "isFork"),
    "GitForkRef": ("repository",),
    "GitRef": ("name", "objectId"),
    "GitCommitRef": ("commitId", "comment", "url"),
    "GitPullRequestCommentThread": None,
    "CommentThread": ("comments", "id", "isDeleted", "publishedDate", "status"),
    "Comment": ("author", "commentType", "content", "id", "isDeleted", "parentCommentId", "usersLiked"),
    "IdentityRef": ("id", "uniqueName"),
    "GitPullRequestStatus": ("iterationId",),
    "GitStatus": ("context", "description", "id", "state", "targetUrl"),
}  # fmt: skip
"""Of these only what is used: they lead to hundreds of others."""

_PROSE = {"description", "x-ms-enum", "title"}
_NOTICE = (
    "Facts of Azure DevOps' published description of its REST API: repository MicrosoftDocs/vsts-rest-api-specs, file"
    " specification/git/{version}/git.json, made by tests/support/azure/excerpt.py; the operations and members that "
    "are used, without prose. MIT License, Copyright (c) 2018 Microsoft Docs: permission is hereby granted, free of "
    "charge, to any person obtaining a copy of this software and associated documentation files (the Software), to "
    "deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, "
    "publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software "
    "is furnished to do so, subject to the following conditions: the above copyright notice and this permission "
    "notice shall be included in all copies or substantial portions of the Software. THE SOFTWARE IS PROVIDED AS IS, "
    "WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF "
    "MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR "
    "COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR"
    " OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE "
    "SOFTWARE."
)


def excerpt(description: dict[str, Any]) -> dict[str, Any]:
    """The used operations (parameters, request, answers by status) and every schema they refer to, under ``$defs``."""
    operations = {name: _operation(description, name) for name in OPERATIONS}
    wanted, schemas = list(_references(operations)), {}
    while wanted:
        name = wanted.pop()
        if name not in schemas:
            schemas[name] = _definition(name, description["definitions"][name])
            wanted += _references(schemas[name])
    notice = _NOTICE.format(version=description["info"]["version"])
    return {"$comment": notice, "operations": operations, "$defs": dict(sorted(schemas.items()))}


def _definition(name: str, found: dict[str, Any]) -> Any:
    schema = _schema(found)
    kept = KEPT.get(name)
    if kept is not None:
        schema["properties"] = {key: schema["properties"][key] for key in kept}
    elif name in KEPT:
        del schema["properties"]
    return schema


def _operation(description: dict[str, Any], name: str) -> dict[str, Any]:
    method, path = name.split()
    found = description["paths"][path][method.lower()]
    parameters = [_resolved(description, each) for each in found["parameters"]]
    body = next((each["schema"] for each in parameters if each["in"] == "body"), None)
    queries = (each for each in parameters if each["in"] == "query")
    return {
        "query": {each["name"]: {"type": each["type"]} for each in queries},
        "request": None if body is None else _schema(body),
        "answers": {
            status: _schema(each["schema"]) if "schema" in each else None for status, each in found["responses"].items()
        },
    }


def _resolved(description: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        found: dict[str, Any] = description["parameters"][node["$ref"].rpartition("/")[2]]
        return found
    return node


def _schema(node: Any, *, names: bool = False) -> Any:
    """A schema without prose; ``names`` where the keys are those of properties."""
    if isinstance(node, list):
        return [_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    if names:
        return {key: _schema(value) for key, value in node.items()}
    kept = {key: _schema(value, names=key == "properties") for key, value in node.items() if key not in _PROSE}
    if "$ref" in kept:
        kept["$ref"] = "#/$defs/" + kept["$ref"].rpartition("/")[2]
    return kept


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].rpartition("/")[2]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each)


def _lines(members: dict[str, Any]) -> str:
    return ",\n".join(
        f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in members.items()
    )


if __name__ == "__main__":
    cut = excerpt(json.loads(Path(sys.argv[1]).read_text("utf-8-sig")))
    parts = (
        f'"{key}": {{\n{_lines(value)}\n}}' if isinstance(value, dict) else f'"{key}": {json.dumps(value)}'
        for key, value in cut.items()
    )
    EXCERPT.write_text("{\n" + ",\n".join(parts) + "\n}\n", "utf-8")
