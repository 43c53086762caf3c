"""Every example of the documentation is valid: configurations load, workflows pass, command lines parse."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.support.pages import ROOT, Block, blocks

from perfreg.cli import templates
from perfreg.cli.main import parser
from perfreg.config.load import load
from perfreg.measure.registry import SCENARIO_KINDS

EXAMPLES = blocks("yaml")
WORKFLOWS = [block for block in EXAMPLES if "jobs" in yaml.safe_load(block.text)]
CONFIGURATIONS = [block for block in EXAMPLES if block not in WORKFLOWS]
COMMANDS = [
    line.removeprefix("$ ") for block in blocks("console") for line in block.text.splitlines() if line.startswith("$ ")
]


def _kinds() -> dict[str, type]:
    return {name: kind.spec for name, kind in SCENARIO_KINDS.items()}


def test_there_is_something_to_check() -> None:
    assert len(WORKFLOWS) >= 3
    assert len(CONFIGURATIONS) >= 7
    assert len(COMMANDS) >= 15


@pytest.mark.parametrize("block", CONFIGURATIONS, ids=str)
def test_a_configuration_loads(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "perfreg.yml"
    file.write_text(block.text, "utf-8")
    assert load(file, kinds=_kinds(), env={}).config.test_scenarios


def test_the_configuration_of_this_repository_loads() -> None:
    assert load(ROOT / "perfreg.yml", kinds=_kinds(), env={}).config.test_scenarios


@pytest.mark.parametrize("block", WORKFLOWS, ids=str)
def test_a_workflow_is_valid(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "workflow.yml"
    file.write_text(block.text, "utf-8")
    tool = Path(sys.executable).with_name("check-jsonschema")
    command = [str(tool), "--builtin-schema", "vendor.github-workflows", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_workflow_of_the_readme_has_at_most_ten_lines() -> None:
    first = next(block for block in WORKFLOWS if block.page.name == "README.md")
    assert len(first.text.splitlines()) <= 10


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_line_parses(line: str) -> None:
    program, *arguments = shlex.split(line)
    known = {"perfreg": parser, "perfreg-templates": templates.parser}
    known[program]().parse_args(arguments)


def test_every_command_is_documented() -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    for name in _subcommands():
        assert f"`perfreg {name}" in page, name


def _subcommands() -> list[str]:
    done = subprocess.run([sys.executable, "-m", "perfreg", "--help"], capture_output=True, text=True, check=True)
    lines = done.stdout.partition("COMMAND\n")[2].splitlines()
    return [line.split()[0] for line in lines if line.startswith("    ") and line[4:5].isalpha()]
