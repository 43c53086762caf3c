"""Linters, each run once over many workflows."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.support.pages import ROOT
from tests.support.workflows import ACTIONS, USED, Workflow, actionlint, laid_out

HERE = Path(__file__).parent

Lint = Callable[..., str]
"""What a linter has to say of workflows; nothing when all is well."""


def _findings(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False, timeout=100)
    return "" if done.returncode == 0 else done.stdout + done.stderr or f"{command[0]} ended with {done.returncode}"


def _tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


@pytest.fixture
def schema(tmp_path: Path) -> Lint:
    """check-jsonschema, by the published schema of workflows."""

    def lint(workflows: Sequence[Workflow]) -> str:
        files = map(str, laid_out(tmp_path, workflows))
        return _findings([_tool("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *files], tmp_path)

    return lint


@pytest.fixture
def zizmor(tmp_path: Path) -> Lint:
    """Zizmor at its most pedantic; ``config`` is the name of a file beside this one."""

    def lint(workflows: Sequence[Workflow], config: str = "") -> str:
        laid_out(tmp_path, workflows)
        pedantic = ["--offline", "--no-progress", "--strict-collection", "--persona", "pedantic", "--format", "plain"]
        settings = ["--config", str(HERE / config)] if config else ["--no-config"]
        return _findings([_tool("zizmor"), *pedantic, *settings, "."], tmp_path)

    return lint


@pytest.fixture
def lint(tmp_path: Path) -> Lint:
    """Actionlint, which also holds what is handed to our own actions and workflows against their definitions."""
    program = actionlint()

    def lint(workflows: Sequence[Workflow]) -> str:
        here = [
            Workflow(name=each.name, text=USED.sub(lambda used: f".{used['path'] or '/'}", each.text))
            for each in workflows
        ]
        laid_out(tmp_path, here)
        # It takes a directory with .git for the repository that "./" is in.
        (tmp_path / ".git").mkdir()
        shutil.copy(HERE / "actionlint.yaml", tmp_path / ".github")
        shutil.copy(ROOT / ".github" / "workflows" / "perf-regression.yml", tmp_path / ".github" / "workflows")
        for action in ACTIONS:
            copy = tmp_path / action.relative_to(ROOT)
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(action, copy)
        return _findings([program, "-no-color"], tmp_path)

    return lint
