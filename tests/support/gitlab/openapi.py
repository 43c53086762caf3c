"""Compare what was written down of GitLab's API with GitLab's own description of it.

That is ``doc/api/openapi/openapi_v3.yaml`` of GitLab's repository: too large to be kept here, and under a license that
an excerpt would be under as well. So the facts stay written by hand, and are held to whichever version is at hand::

    python -m tests.support.gitlab.openapi openapi_v3.yaml
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

FACTS = Path(__file__).parents[2] / "data" / "gitlab" / "rest.facts.json"

_ROOT = "/api/v4"


def differences(facts: dict[str, Any], openapi: dict[str, Any]) -> Iterator[str]:
    """What the facts say and GitLab does not, as sentences."""
    paths: dict[str, dict[str, Any]] = {}
    for path, operations in openapi["paths"].items():
        paths.setdefault(_nameless(path), {}).update(operations)
    for name, operation in facts["operations"].items():
        method, path = name.split()
        found = paths.get(_nameless(f"{_ROOT}{path}"), {}).get(method.lower())
        sentences = ("there is no such operation",) if found is None else _Check(facts, openapi).all(operation, found)
        yield from (f"{name}: {sentence}" for sentence in sentences)


class _Check:
    """One operation of the facts beside one of GitLab's; ``ours`` and ``theirs`` are parts of them."""

    def __init__(self, facts: dict[str, Any], openapi: dict[str, Any]) -> None:
        self._documents = (facts, openapi)

    def all(self, ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
        asked = {each["name"]: each["schema"] for each in theirs.get("parameters", ()) if each["in"] == "query"}
        yield from self._members("the query", ours["query"], asked, ours["query"])
        if ours["request"] is not None:
            mine, body = self._object(0, ours["request"]), self._object(1, _content(theirs.get("requestBody")))
            yield from self._members("the request", mine["properties"], body["properties"], mine["properties"])
            missing = set(body["required"]) - set(mine["required"])
            yield from (f"the request needs {each}" for each in sorted(missing))
        for status, answer in ours["answers"].items():
            if status not in theirs["responses"]:
                yield f"it is not answered with {status}"
            elif answer is not None:
                mine, body = self._object(0, answer), self._object(1, _content(theirs["responses"][status]))
                yield from self._members("the answer", mine["properties"], body["properties"], mine["required"])

    def _members(self, what: str, ours: dict[str, Any], theirs: dict[str, Any], names: Iterable[str]) -> Iterator[str]:
        for name in names:
            if name not in theirs:
                yield f"{what} has no {name}"
        for name in ours.keys() & theirs.keys():
            choices = theirs[name].get("enum")
            unknown = set(ours[name].get("enum", ())) - set(choices or ()) if choices else set()
            yield from (f"{name} in {what} is never {each}" for each in sorted(map(str, unknown)))

    def _object(self, which: int, schema: dict[str, Any]) -> dict[str, Any]:
        """A schema's properties and required members; a list stands for its entries."""
        if "$ref" in schema:
            *_, name = schema["$ref"].split("/")
            document = self._documents[which]
            return self._object(which, (document["$defs"] if which == 0 else document["components"]["schemas"])[name])
        if "items" in schema:
            return self._object(which, schema["items"])
        parts = [self._object(which, each) for each in schema.get("allOf", ())]
        properties, required = dict(schema.get("properties", {})), list(schema.get("required", ()))
        for part in parts:
            properties |= part["properties"]
            required += part["required"]
        return {"properties": properties, "required": required}


def _nameless(path: str) -> str:
    """A path without the names of its parameters, which everybody chooses as they like."""
    return re.sub(r"\{\w+\}", "{}", path)


def _content(node: dict[str, Any] | None) -> dict[str, Any]:
    schema: dict[str, Any] = (node or {}).get("content", {}).get("application/json", {}).get("schema", {})
    return schema


if __name__ == "__main__":
    described = yaml.load(Path(sys.argv[1]).read_text("utf-8"), Loader=yaml.CSafeLoader)
    found = list(differences(json.loads(FACTS.read_text("utf-8")), described))
    sys.exit("\n".join(found))
