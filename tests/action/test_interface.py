"""The Action's inputs and outputs are the same in action.yml, in the README, in its code and as flags."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from perfreg.cli import action
from perfreg.cli.main import parser
from perfreg.errors import UsageError

ROOT = Path(__file__).parents[2]
FLAGS = {*action.VALUES, *action.LISTS, *action.SWITCHES}
OTHERS = {"working-directory", "args", "token", "upload-artifact"}


@pytest.fixture(scope="module")
def definition() -> Any:
    return yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


def _table(heading: str) -> list[str]:
    """First column of the README's table with this heading."""
    text = (ROOT / "README.md").read_text("utf-8")
    rows = text.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^\| `([a-z-]+)` \|", rows, re.MULTILINE)


def test_inputs_are_those_of_the_code(definition: Any) -> None:
    assert set(definition["inputs"]) == FLAGS | OTHERS


def test_inputs_are_those_of_the_readme_in_its_order(definition: Any) -> None:
    assert _table("input") == list(definition["inputs"])


def test_outputs_are_those_of_the_code_and_of_the_readme(definition: Any) -> None:
    assert tuple(definition["outputs"]) == action.OUTPUTS
    assert _table("output") == list(definition["outputs"])


@pytest.mark.parametrize("name", sorted(FLAGS))
def test_an_input_is_a_flag_of_perfreg_run(name: str) -> None:
    value = [] if name in action.SWITCHES else ["1"]
    given = vars(parser().parse_args(["run", f"--{name}", *value]))
    assert given[name.replace("-", "_")] not in (None, [], False)


def test_every_input_reaches_the_code_through_the_environment(definition: Any) -> None:
    (step,) = (step for step in definition["runs"]["steps"] if step.get("id") == "run")
    handed = {f"INPUT_{name.upper().replace('-', '_')}": f"${{{{ inputs.{name} }}}}" for name in definition["inputs"]}
    del handed["INPUT_UPLOAD_ARTIFACT"]
    assert step["env"]["PERFREG_TOKEN"] == handed.pop("INPUT_TOKEN")
    assert {name: value for name, value in step["env"].items() if name.startswith("INPUT_")} == handed
    env = {name: name for name in handed}
    assert set(action.inputs_of(env).values()) == set(env)


def test_no_script_holds_an_expression(definition: Any) -> None:
    assert not [step for step in definition["runs"]["steps"] if "${{" in step.get("run", "")]


def test_defaults_give_the_plain_command(definition: Any) -> None:
    inputs = {name: spec["default"] for name, spec in definition["inputs"].items()}
    line = action.arguments(inputs)
    assert line[:4] == ["run", "--format=json", "--format=markdown", "--format=html"]
    assert line[4:] == ["--output-directory=perf-results"]


def test_lists_and_arguments_become_words() -> None:
    line = action.arguments({"scenario": "search*\n\n  -odd name \n", "args": "--tag 'a b' --verbose"})
    assert line[4:] == ["--scenario=search*", "--scenario=-odd name", "--tag", "a b", "--verbose"]


@pytest.mark.parametrize(
    ("inputs", "place"), [({"fail-on-regression": "maybe"}, "fail-on-regression"), ({"args": "'open"}, "args")]
)
def test_an_input_that_makes_no_sense_is_named(inputs: dict[str, str], place: str) -> None:
    with pytest.raises(UsageError, match=place):
        action.arguments(inputs)
