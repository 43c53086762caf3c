"""Write the tables of keys in the documentation from the configuration's schema: `python docs/generate.py`.

A table stands between `<!-- keys: NAME -->` and `<!-- end -->`. NAME is a definition of the schema, a kind of
scenario, `top` for the keys of the file itself, or `scenario` for what all kinds have in common.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from perfreg.config.base import ScenarioSpec
from perfreg.config.schema import config_schema
from perfreg.measure.registry import SCENARIO_KINDS

DOCS = Path(__file__).parent
_BLOCK = re.compile(r"(<!-- keys: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_SIMPLE = {"null": [], "boolean": ["`true`", "`false`"], "integer": ["whole number"]}
_UNITS = {"(ns|us|": "time", "(%|percent|": "percentage", "(B|bytes|": "size"}


def sections() -> dict[str, dict[str, Any]]:
    """The keys of every section by its name, as JSON Schema properties; required ones are marked."""
    schema = config_schema({name: kind.spec for name, kind in SCENARIO_KINDS.items()})
    definitions = schema["$defs"]
    found = {name: _keys(each, definitions) for name, each in definitions.items() if "properties" in each}
    kinds = {name: found.pop(kind.spec.__name__) for name, kind in SCENARIO_KINDS.items()}
    common = {key: kinds["api"][key] for key in ScenarioSpec.model_fields}
    common["type"] = {**common["type"], "const": " or ".join(kinds)}
    own = {name: {key: keys[key] for key in keys if key not in common} for name, keys in kinds.items()}
    return {"top": _keys(schema, definitions), "scenario": common, **found, **own}


def _keys(definition: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    required = definition.get("required", ())
    keys = {}
    for key, value in definition["properties"].items():
        # A reference whose own description says the same has none beside it.
        target = definitions.get(value.get("$ref", "").rpartition("/")[2], {})
        keys[key] = {"description": target.get("description"), **value, "required": key in required}
    return keys


def table(keys: dict[str, Any]) -> str:
    """A Markdown table of keys."""
    rows = [
        f"| `{key}` | {_values(value)} | {_default(value)} | {_cell(value['description'])} |"
        for key, value in keys.items()
    ]
    return "\n".join(("| key | value | default | meaning |", "|---|---|---|---|", *rows, ""))


def _values(schema: dict[str, Any]) -> str:
    """What a key may be, in words."""
    branches = schema.get("anyOf", [schema])
    words = dict.fromkeys(word for branch in branches for word in _words(branch))
    for unit in _UNITS.values():
        if unit in words:
            words.pop("number", None)
    return " or ".join(words)


def _words(schema: dict[str, Any]) -> list[str]:
    if "$ref" in schema:
        return _reference(schema["$ref"].rpartition("/")[2])
    if "oneOf" in schema:
        return ["[scenarios](scenarios.md)"]
    if "enum" in schema:
        return [f"`{choice}`" for choice in schema["enum"]]
    if "const" in schema:
        return [f"`{choice}`" for choice in schema["const"].split(" or ")]
    return _by_type(schema)


def _reference(name: str) -> list[str]:
    special = {"Variable": [], "JsonValue": ["any value"], "Overlay": ["the keys of this table"]}
    return special.get(name, [f"[{name}](#{name.lower()})"])


def _by_type(schema: dict[str, Any]) -> list[str]:
    match schema.get("type"):
        case "string":
            return [next((unit for mark, unit in _UNITS.items() if mark in schema.get("pattern", "")), "text")]
        case "array":
            return [f"list of {_values(schema.get('items') or {})}"]
        case "object":
            return [_mapping(schema)]
        case kind:
            return _SIMPLE.get(str(kind), [str(kind or "any value")])


def _mapping(schema: dict[str, Any]) -> str:
    patterns = list(schema.get("patternProperties", {}).values())
    inner = patterns[0] if patterns else schema.get("additionalProperties")
    values = _values(inner) if isinstance(inner, dict) else ""
    return f"mapping of names to {values}" if values else "mapping"


def _default(schema: dict[str, Any]) -> str:
    if schema["required"]:
        return "required"
    default = schema.get("default")
    if default in (None, "", [], {}):
        return ""
    text = ", ".join(map(str, default)) if isinstance(default, list) else default
    if isinstance(text, float):
        text = f"{text:g}"
    return f"`{str(text).lower() if isinstance(text, bool) else text}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def filled(text: str) -> str:
    """A page with its tables as they should be."""
    known = sections()
    return _BLOCK.sub(lambda found: f"{found[1]}{table(known[found[2]])}{found[3]}", text)


def pages() -> list[Path]:
    """Every page that may have tables."""
    return sorted(DOCS.glob("*.md"))


if __name__ == "__main__":
    for page in pages():
        page.write_text(filled(page.read_text("utf-8")), "utf-8")
