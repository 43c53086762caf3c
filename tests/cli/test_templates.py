"""`perfreg-templates` prints configurations that are valid whatever the values, from a checkout and from a wheel."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from perfreg.cli.templates import main, scalar, targets

HOSTILE = ("a: b", '"; touch pwned; echo "', "${{ github.token }}", "line\nbreak: true", "#x", "- x", "true", "1", "")


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*arguments: str) -> str:
        assert main(arguments) == 0
        return capsys.readouterr().out

    return call


def _checked(tool: list[str], workflow: str, folder: Path) -> None:
    file = folder / "performance.yml"
    file.write_text(workflow, "utf-8")
    command = [str(Path(sys.executable).with_name(tool[0])), *tool[1:], str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _measuring_step(workflow: str) -> Any:
    return yaml.safe_load(workflow)["jobs"]["performance"]["steps"][-1]


def test_the_github_workflow_is_valid(printed: Any, tmp_path: Path) -> None:
    workflow = printed("github")
    _checked(["check-jsonschema", "--builtin-schema", "vendor.github-workflows"], workflow, tmp_path)
    assert _measuring_step(workflow)["uses"] == "org/perf-regression@v1"


def test_a_security_audit_finds_nothing_once_the_action_is_pinned(printed: Any, tmp_path: Path) -> None:
    workflow = printed("github", "--action", f"org/perf-regression@{'a' * 40}")
    _checked(["zizmor", "--offline", "--no-progress", "--strict-collection"], workflow, tmp_path)


@pytest.mark.parametrize("value", HOSTILE)
def test_every_value_arrives_as_one_string_and_no_expression(printed: Any, value: str) -> None:
    workflow = printed("github", f"--config={value}")
    got = _measuring_step(workflow)["with"]["config"]
    assert got.replace("${{ '${{' }}", "${{") == value
    assert "${{ github.token" not in workflow


@pytest.mark.parametrize("value", HOSTILE)
def test_a_scalar_reads_back_as_a_string(value: str) -> None:
    assert isinstance(yaml.safe_load(f"key: {scalar(value)}")["key"], str)


def test_an_unknown_target_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gitlob"]) == 2
    assert capsys.readouterr().err == "perfreg: TARGET: no template for 'gitlob' (there is: github)\n"


def test_no_target_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "--list" in capsys.readouterr().err


def test_the_list_names_every_folder_of_templates(printed: Any) -> None:
    assert printed("--list").split() == list(targets())


def test_an_installed_wheel_brings_its_templates(tmp_path: Path) -> None:
    """The wheel's files alone, on a path of their own, print the same as the checkout."""
    root = Path(__file__).parents[2]
    build = (
        "from hatchling.builders.wheel import WheelBuilder\n"
        f"print(next(WheelBuilder({str(root)!r}).build(directory={str(tmp_path)!r}, versions=['standard'])))"
    )
    wheel = subprocess.run([sys.executable, "-c", build], capture_output=True, text=True, check=True).stdout.strip()
    show = "import json, perfreg.cli.templates as t; print(json.dumps([t.__file__, t.render('github', V)]))"
    values = {"config": "c.yml", "branch": "main", "runner": "r", "action": "a/b@v1", "storage": ".perfreg"}
    folder = tmp_path / "site"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", wheel, str(folder)], check=True)
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); V = {values!r}; {show}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    file, text = json.loads(done.stdout)
    assert file.startswith(str(folder))
    assert "uses: a/b@v1" in text
