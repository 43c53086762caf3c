"""`perfreg schema`: the JSON Schemas of the configuration and of the result."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from perfreg.cli.command import Command
from perfreg.errors import UsageError

CONFIG_FILE = "perfreg.schema.json"
RESULT_FILE = "perfreg.result.schema.json"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--result", action="store_true", help="the schema of results instead of configurations")
    parser.add_argument("--output", type=Path, metavar="DIR", help="write both schemas into this directory")


def documents() -> dict[str, str]:
    """Every published schema as text, by file name."""
    from perfreg.config.schema import config_schema
    from perfreg.measure.registry import SCENARIO_KINDS
    from perfreg.report.schema import result_schema

    kinds = {name: kind.spec for name, kind in SCENARIO_KINDS.items()}
    return {CONFIG_FILE: _text(config_schema(kinds)), RESULT_FILE: _text(result_schema())}


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _execute(args: argparse.Namespace) -> int:
    texts = documents()
    if args.output is None:
        sys.stdout.write(texts[RESULT_FILE if args.result else CONFIG_FILE])
        return 0
    try:
        args.output.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (args.output / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write the schema: {error}", where=str(args.output)) from error
    return 0


COMMAND = Command(
    name="schema",
    summary="Print the JSON Schema of the configuration (for editors) or of the result.",
    add_arguments=_add_arguments,
    execute=_execute,
)
