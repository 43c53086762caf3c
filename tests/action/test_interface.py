"""The Action's inputs and outputs are the same in action.yml, in the README, in its code and as flags."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from perfreg.cli.actions import inputs as action
from perfreg.cli.actions.event import MODES, Mode
from perfreg.cli.actions.outputs import OUTPUTS
from perfreg.cli.main import parser
from perfreg.errors import UsageError

ROOT = Path(__file__).parents[2]
ACTIONS: dict[str, tuple[Mode, ...]] = {"action.yml": MODES, "report/action.yml": ("report",)}
WITHOUT_CODE = {"token", "upload-artifact", "cache"}
FLAGS = [(mode, name) for mode in MODES for name in (*action.VALUES[mode], *action.LISTS[mode], *action.SWITCHES[mode])]


def read(action_file: str) -> Any:
    return yaml.safe_load((ROOT / action_file).read_text("utf-8"))


@pytest.fixture(scope="module")
def definition() -> Any:
    return read("action.yml")


def _table(heading: str) -> dict[str, str]:
    """The first two columns of the README's table with this heading."""
    text = (ROOT / "README.md").read_text("utf-8")
    rows = text.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    return dict(re.findall(r"^\| `([a-z-]+)` \| ?(.*?) ?\|", rows, re.MULTILINE))


def test_inputs_are_those_of_the_code(definition: Any) -> None:
    assert set(definition["inputs"]) == {*action.names(*MODES)} | WITHOUT_CODE
    assert set(read("report/action.yml")["inputs"]) == {*action.names("report"), *WITHOUT_CODE} - {"mode"}


def test_inputs_are_those_of_the_readme_in_its_order(definition: Any) -> None:
    assert list(_table("input")) == list(definition["inputs"])


def test_defaults_are_those_of_the_readme(definition: Any) -> None:
    shown = _table("input")
    for name, spec in definition["inputs"].items():
        assert not spec["default"] or shown[name] == f"`{spec['default']}`", name


def test_the_sub_action_says_the_same_of_the_same_inputs(definition: Any) -> None:
    ours, theirs = definition["inputs"], read("report/action.yml")["inputs"]
    # A leg does not comment.
    differ = {name for name in ours.keys() & theirs if ours[name] != theirs[name]}
    assert differ == {"args", "comment", "output-directory"}
    assert {name for name in differ if ours[name]["default"] != theirs[name]["default"]} == set()


def test_every_input_of_the_reusable_workflow_is_used_and_its_form_has_the_known_ones() -> None:
    text = (ROOT / ".github" / "workflows" / "perf-regression.yml").read_text("utf-8")
    triggers = yaml.safe_load(text)[True]  # "on" is true to a YAML parser
    interface = triggers["workflow_call"]
    form = triggers["workflow_dispatch"]["inputs"]
    assert {"test_duration", "concurrent_users", "fail_on_regression", "establish_baselines"} <= form.keys()
    assert form.items() <= interface["inputs"].items(), "the form says the same of the same inputs"
    assert [list(each) for each in triggers["schedule"]] == [["cron"]]
    assert set(re.findall(r"inputs\.([a-z_-]+)", text)) == set(interface["inputs"])
    (uses,) = (step for step in yaml.safe_load(text)["jobs"]["report"]["steps"] if "report@" in step.get("uses", ""))
    promised = re.findall(r"\.report\.outputs\.([a-z-]+)", str(interface["outputs"]))
    assert set(promised) <= set(read("report/action.yml")["outputs"])
    assert uses["id"] == "report"


def test_outputs_are_those_of_the_code_and_of_the_readme(definition: Any) -> None:
    assert tuple(definition["outputs"]) == OUTPUTS
    assert list(_table("output")) == list(definition["outputs"])
    assert list(_table("output").values()) == [spec["description"] for spec in definition["outputs"].values()]
    assert read("report/action.yml")["outputs"] == definition["outputs"]


@pytest.mark.parametrize(("mode", "name"), FLAGS)
def test_an_input_is_a_flag_of_its_command(mode: Mode, name: str) -> None:
    value = [] if name in action.SWITCHES[mode] else ["1"]
    given = vars(parser().parse_args([mode, f"--{name}", *value, *(["x.json"] if mode == "report" else [])]))
    assert given[name.replace("-", "_")] not in (None, [], False)


@pytest.mark.parametrize("file", ACTIONS)
def test_every_input_reaches_the_code_through_the_environment(file: str) -> None:
    definition = read(file)
    (step,) = (step for step in definition["runs"]["steps"] if step.get("id") == "run")
    handed = {f"INPUT_{name.upper().replace('-', '_')}": f"${{{{ inputs.{name} }}}}" for name in definition["inputs"]}
    for name in ("INPUT_UPLOAD_ARTIFACT", "INPUT_CACHE"):  # for the steps around it
        del handed[name]
    assert step["env"]["PERFREG_TOKEN"] == handed.pop("INPUT_TOKEN")
    if file != "action.yml":
        handed["INPUT_MODE"] = "report"
    assert {name: value for name, value in step["env"].items() if name.startswith("INPUT_")} == handed
    read_ = action.inputs_of({name: name for name in handed})
    assert {value for value in read_.values() if value.startswith("INPUT_")} == set(handed)


@pytest.mark.parametrize("file", ACTIONS)
def test_no_script_holds_an_expression(file: str) -> None:
    assert not [step for step in read(file)["runs"]["steps"] if "${{" in step.get("run", "")]


def test_defaults_give_the_plain_command(definition: Any) -> None:
    inputs = {name: spec["default"] for name, spec in definition["inputs"].items()}
    formats = ["--format=json", "--format=markdown", "--format=html"]
    assert action.arguments(inputs) == ["run", *formats, "--output-directory=perf-results"]
    compared = action.arguments(inputs, "compare", base="4711")
    assert compared == ["compare", *formats, "--output-directory=perf-results", "--base=4711"]


def test_a_mode_leaves_what_is_for_the_other_one() -> None:
    inputs = {"budget": "30s", "test-duration": "3", "establish-baselines": "true", "concurrent-users": "2"}
    assert action.arguments(inputs, "run")[4:] == [
        "--concurrent-users=2", "--test-duration=3", "--establish-baselines",
    ]  # fmt: skip
    assert action.arguments(inputs, "compare")[4:] == ["--concurrent-users=2", "--budget=30s"]


@pytest.mark.parametrize(("legs", "number"), [("3", "3"), ('["api", "a,b"]', "2"), (" []", "0")])
def test_legs_are_counted_where_the_matrix_is_given(legs: str, number: str) -> None:
    assert f"--legs={number}" in action.arguments({"legs": legs, "results": "x.json"}, "report")


@pytest.mark.parametrize("inputs", [{"base": "v1"}, {"args": "--base-url http://127.0.0.1:1"}, {"args": "--base=v1"}])
def test_a_base_that_was_named_wins(inputs: dict[str, str]) -> None:
    assert not [word for word in action.arguments(inputs, "compare", base="4711") if "4711" in word]


def test_lists_and_arguments_become_words() -> None:
    line = action.arguments({"scenario": "search*\n\n  -odd name \n", "args": "--tag 'a b' --verbose"})
    assert line[4:] == ["--scenario=search*", "--scenario=-odd name", "--tag", "a b", "--verbose"]


@pytest.mark.parametrize(
    ("inputs", "place"), [({"fail-on-regression": "maybe"}, "fail-on-regression"), ({"args": "'open"}, "args")]
)
def test_an_input_that_makes_no_sense_is_named(inputs: dict[str, str], place: str) -> None:
    with pytest.raises(UsageError, match=place):
        action.arguments(inputs)
