"""Azure's own schema of pipelines, and what it does not know of templates filled in as Azure does."""

from __future__ import annotations

import importlib.resources
import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from tests.support.tools import installed, module

_EXPRESSION = re.compile(r"\$\{\{(?P<text>.*?)\}\}")

_FLAGS: dict[str, Any] = {"true": True, "false": False}


def document(text: str) -> Any:
    """The document in ``text``. The schema takes every scalar for a string, as Azure does, but for some flags."""
    return _with_flags(yaml.load(text, yaml.BaseLoader))  # noqa: S506 - it makes but strings, lists and mappings


def _with_flags(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_flags(part) for part in value]
    if not isinstance(value, dict):
        return value
    done = {key: _with_flags(part) for key, part in value.items()}
    if "inputs" in done:
        done["inputs"] = {name: _FLAGS.get(text, text) for name, text in done["inputs"].items()}
    if "continueOnError" in done:
        done["continueOnError"] = _FLAGS[done["continueOnError"]]
    return done


def schema() -> Any:
    """The schema that Microsoft publishes, as check-jsonschema brings it."""
    return json.loads(_schema_file().read_text("utf-8"))


def _schema_file() -> Path:
    folder = Path(str(importlib.resources.files("check_jsonschema")))
    return folder / "builtin_schemas" / "vendor" / "azure-pipelines.json"


def diagnoses(files: Iterable[Path]) -> dict[str, list[str]]:
    """By file, what Azure's language service says against pipelines, which may have template expressions."""
    module("azure-pipelines-language-service")
    script = Path(__file__).parents[1] / "tools" / "azure.js"
    command = [installed("node"), str(script), str(_schema_file()), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, list[str]] = json.loads(done.stdout)
    return told


def complaints(pipeline: Any) -> list[str]:
    """What the schema says against ``pipeline``."""
    validator = jsonschema.Draft7Validator(schema())
    return [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in validator.iter_errors(pipeline)
    ]


def expanded(value: Any, names: dict[str, Any]) -> Any:
    """``value`` without its template expressions: loops are unrolled, ``names`` stand for what they name."""
    if isinstance(value, dict):
        done: dict[str, Any] = {}
        for key, part in value.items():
            loop = re.fullmatch(r"\$\{\{ each (\w+) in ([\w.]+) \}\}", key)
            if loop:
                for item in names[loop[2]]:
                    inner = {f"{loop[1]}.{name}": text for name, text in item.items()}
                    done |= expanded(part, names | inner)
            else:
                done[_text(key, names)] = expanded(part, names)
        return done
    if isinstance(value, list):
        return [expanded(part, names) for part in value]
    if not isinstance(value, str):
        return value
    whole = re.fullmatch(r"\$\{\{ ([\w.]+) \}\}", value)
    return names[whole[1]] if whole and whole[1] in names else _text(value, names)


def _text(value: str, names: dict[str, Any]) -> str:
    return _EXPRESSION.sub(lambda found: str(names.get(found["text"].strip(), "true")), value)
