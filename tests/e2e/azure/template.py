"""Pipelines as Azure compiles them: parameters are checked, templates extended, and template expressions replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml
from tests.e2e.azure.expressions import PipelineError, as_text, evaluate, only

_EXPRESSION = re.compile(r"\$\{\{(?P<text>[^}]*)\}\}")
_EACH = re.compile(r"\$\{\{ each (?P<name>\w+) in (?P<list>[^}]*) \}\}")
_TRIGGERS = ("trigger", "pr", "schedules")


def load(
    text: str, templates: Mapping[str, str], given: Mapping[str, Any], variables: Mapping[str, str]
) -> dict[str, Any]:
    """The pipeline in ``text`` for parameters that are ``given``, without anything that Azure replaces beforehand."""
    document = _read(text)
    if "extends" in document:
        only(document, *_TRIGGERS, "resources", "extends")
        only(document["extends"], "template", "parameters")
        name, _, alias = document["extends"]["template"].partition("@")
        known = [each["repository"] for each in document.get("resources", {}).get("repositories", ())]
        if given or alias not in known:
            raise PipelineError(f"{name}@{alias} cannot be extended with {given}: there are {known}")
        given = document["extends"].get("parameters", {})
        document = _read(templates[name])
        only(document, "parameters", "variables", "resources", "stages")
    only(document, *_TRIGGERS, "parameters", "variables", "resources", "stages")
    names = {"parameters": _parameters(document.pop("parameters", []), given), "variables": variables}
    expanded: dict[str, Any] = _expanded(document, names)
    return expanded


def _read(text: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - it makes but strings, lists and mappings
    return document


def _parameters(declared: list[dict[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    unexpected = given.keys() - {each["name"] for each in declared}
    if unexpected:
        raise PipelineError(f"unexpected parameters: {sorted(unexpected)}")
    values = {}
    for each in declared:
        only(each, "name", "displayName", "type", "default", "values")
        value = _typed(each["type"], given.get(each["name"], each["default"]))
        if value == "" or ("values" in each and value not in each["values"]):
            raise PipelineError(f"the parameter {each['name']} cannot be {value!r}")
        values[each["name"]] = value
    return values


def _typed(kind: str, value: Any) -> Any:
    text = value.lower() if isinstance(value, str) else ""
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind == "object" or (kind == "string" and isinstance(value, str)):
        return value
    raise PipelineError(f"{value!r} is no {kind}")


def _expanded(value: Any, names: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return _mapping(value, names)
    if isinstance(value, list):
        return [_expanded(part, names) for part in value]
    whole = _EXPRESSION.fullmatch(value)
    if whole:
        found = evaluate(whole["text"], names)
        return found if isinstance(found, (dict, list)) else as_text(found)
    return _EXPRESSION.sub(lambda found: as_text(evaluate(found["text"], names)), value)


def _mapping(value: dict[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    pairs: list[tuple[str, Any]] = []
    for key, part in value.items():
        loop = _EACH.fullmatch(key)
        if loop:
            for each in evaluate(loop["list"], names):
                pairs += _mapping(part, {**names, loop["name"]: each}).items()
        else:
            pairs.append((as_text(_expanded(key, names)), _expanded(part, names)))
    done = dict(pairs)
    if len(done) != len(pairs):
        raise PipelineError(f"a name is there twice: {[name for name, _ in pairs]}")
    return done
