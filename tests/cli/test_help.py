from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"numpy", "scipy", "httpx", "github", "sqlalchemy", "jinja2", "pydantic", "psutil", "rich", "yaml"}

PROBE = """
import contextlib, io, json, sys
from perfreg.cli.main import main
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()) as out:
    main(sys.argv[1:])
json.dump([out.getvalue(), sorted(name.partition(".")[0] for name in sys.modules)], sys.stdout)
"""


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["demo", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, check=True)
    text, modules = json.loads(done.stdout)
    assert "perfreg" in text
    assert not HEAVY & set(modules)


def test_every_command_has_a_summary_and_help() -> None:
    from perfreg.cli.main import COMMANDS, parser

    text = parser().format_help()
    for command in COMMANDS:
        assert command.name in text
        assert command.summary.endswith(".")
