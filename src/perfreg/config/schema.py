"""The JSON Schema of the configuration, generated from its models: for editors, and as documentation."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from perfreg.config.models import Config
from perfreg.config.scenarios import KEY as SCENARIOS
from perfreg.config.scenarios import Kinds

_VARIABLE = "Variable"
_OVERLAY = "Overlay"
_NOT_IN_OVERLAYS = ("$schema", "environment", "environments")


class _Generator(GenerateJsonSchema):
    """Without titles that only repeat the key."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the signature is pydantic's
        """Never: the key and its description say it all."""
        return False


def config_schema(kinds: Kinds) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a configuration with these kinds of scenarios."""
    every: list[type[BaseModel]] = [Config, *kinds.values()]
    models: list[tuple[type[BaseModel], Literal["validation"]]] = [(model, "validation") for model in every]
    references, generated = models_json_schema(models, schema_generator=_Generator, ref_template="#/$defs/{model}")
    definitions: dict[str, Any] = {name: _tidy(each) for name, each in generated["$defs"].items()}
    names = {model: each["$ref"].rpartition("/")[2] for (model, _), each in references.items()}
    for kind, model in kinds.items():
        _describe_kind(definitions[names[model]], kind)
    top = definitions.pop(names[Config])
    scenarios = top["properties"][SCENARIOS]
    scenarios["items"] = {"oneOf": [{"$ref": f"#/$defs/{names[kinds[kind]]}"} for kind in sorted(kinds)]}
    top["properties"]["$schema"] = {"type": "string", "description": "The schema that an editor checks this file with."}
    top["properties"]["environments"]["additionalProperties"] = {
        "anyOf": [{"$ref": f"#/$defs/{_OVERLAY}"}, {"type": "null"}]
    }
    definitions.pop("ScenarioSpec", None)
    definitions[_OVERLAY] = _overlay(top)
    definitions[_VARIABLE] = {
        "type": "string",
        "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}",
        "description": "A value from the environment: ${NAME} or ${NAME:-default}.",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "perfreg configuration",
        "description": "perfreg.yml: what is measured, what it is compared with, and what fails a build.",
        **{key: value for key, value in top.items() if key not in ("title", "description")},
        "$defs": dict(sorted(definitions.items())),
    }


def _describe_kind(definition: dict[str, Any], kind: str) -> None:
    definition["properties"]["type"] = {"const": kind, "description": "Selects this kind."}
    definition["title"] = f"{kind} scenario"
    definition["required"] = sorted({*definition.get("required", ()), "name", "type"})


def _overlay(top: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": "Keys that are laid over those of the file: mappings key by key, anything else as a whole.",
        "additionalProperties": False,
        "properties": {
            key: {"$ref": f"#/properties/{key}"} for key in top["properties"] if key not in _NOT_IN_OVERLAYS
        },
    }


def _tidy(schema: Any) -> Any:
    """``schema`` without needless words, and with variables allowed wherever a number or a choice is."""
    if isinstance(schema, list):
        return [_tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    about = {key: schema[key] for key in ("default", "description") if key in schema}
    if isinstance(about.get("default"), dict):
        del about["default"]  # the section's own keys have their defaults
    if "description" in about:
        about["description"] = " ".join(about["description"].split())
    rest = {key: value for key, value in schema.items() if key not in ("default", "description")}
    if _is_scalar(rest):
        return {**about, "anyOf": _alternatives([rest])}
    tidy = {key: _tidy(value) for key, value in rest.items() if key not in ("anyOf", "properties")}
    if "anyOf" in rest:
        tidy["anyOf"] = _alternatives(rest["anyOf"])
    if "properties" in rest:
        tidy["properties"] = {key: _tidy(value) for key, value in rest["properties"].items()}
    return {**about, **tidy}


def _alternatives(schemas: list[dict[str, Any]]) -> list[Any]:
    """The branches of a value; text as one of them includes variables already."""
    scalars = [each for each in schemas if _is_scalar(each)]
    others = [_tidy(each) for each in schemas if not _is_scalar(each)]
    if not scalars or any(each.get("type") == "string" for each in others):
        return [*scalars, *others]
    return [*scalars, {"$ref": f"#/$defs/{_VARIABLE}"}, *others]


def _is_scalar(schema: dict[str, Any]) -> bool:
    return schema.get("type") in ("number", "integer", "boolean") or "enum" in schema
