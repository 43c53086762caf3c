"""Nothing that a linter finds is ignored without a written reason, and what others wrote is pinned alike everywhere."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.pages import ROOT
from tests.support.workflows import ACTIONS, USED, Workflow, generated, own, shown

HERE = Path(__file__).parent
SETTINGS = sorted((*HERE.glob("*.yml"), *HERE.glob("*.yaml")))
REASON = re.compile(r"# zizmor: ignore\[[a-z-]+\](?: -)? \w\S* \S+ \S+")

ALL = [*own(), *shown(), *generated(), *(Workflow(name=str(each), text=each.read_text("utf-8")) for each in ACTIONS)]


@pytest.mark.parametrize("workflow", ALL, ids=str)
def test_who_ignores_a_finding_says_why(workflow: Workflow) -> None:
    for line in workflow.text.splitlines():
        assert "ignore[" not in line or REASON.search(line), line


@pytest.mark.parametrize("file", SETTINGS, ids=lambda file: file.name)
def test_a_setting_of_a_linter_has_a_comment(file: Path) -> None:
    above = ""
    for line in file.read_text("utf-8").splitlines():
        is_setting = not line.lstrip().startswith("#") and not line.endswith(":")
        # One comment may be about several lines of the same depth.
        is_alike = is_setting and not above.lstrip().startswith("#") and _depth(above) == _depth(line)
        assert not is_setting or is_alike or above.lstrip().startswith("#"), line
        above = line


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def test_there_are_no_other_settings() -> None:
    places = (ROOT, ROOT / ".github")
    assert [file for place in places for file in (*place.glob("*zizmor*"), *place.glob("*actionlint*"))] == []


def _used(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "uses" and isinstance(value, str))
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _used(child)


def test_an_action_of_others_is_the_same_commit_everywhere() -> None:
    versions: defaultdict[str, set[str]] = defaultdict(set)
    for workflow in ALL:
        for uses in _used(workflow.document):
            if uses != "./" and not USED.fullmatch(uses):
                name, _, commit = uses.partition("@")
                # The parts of actions/cache are of one repository.
                versions["/".join(name.split("/")[:2])].add(commit)
    assert "actions/checkout" in versions
    for name, commits in versions.items():
        (commit,) = commits
        assert re.fullmatch(r"[0-9a-f]{40}", commit), name


@pytest.mark.parametrize("workflow", ALL, ids=str)
def test_a_pin_says_which_version_it_is(workflow: Workflow) -> None:
    for line in workflow.text.splitlines():
        if re.search(r"uses: [^ ]+@[0-9a-f]{40}", line) and not USED.search(line):
            assert re.search(r"[0-9a-f]{40}\b.* # v\d+\.\d+\.\d+$", line), line


@pytest.mark.parametrize("workflow", ALL, ids=str)
def test_our_own_actions_are_given_what_they_know(workflow: Workflow) -> None:
    for step in _steps(workflow.document):
        used = USED.fullmatch(step.get("uses", ""))
        if used is None:
            continue
        path = ROOT / used["path"].lstrip("/")
        known = _inputs(path if path.is_file() else path / "action.yml")
        assert set(step.get("with", {})) <= known, step


def _steps(document: Any) -> Iterator[dict[str, Any]]:
    """The steps of all jobs, and the jobs that are workflows themselves."""
    for job in document.get("jobs", {}).values():
        yield job
        yield from job.get("steps", ())


def _inputs(file: Path) -> set[str]:
    document = yaml.safe_load(file.read_text("utf-8"))
    # "on" is true to a YAML parser.
    return set(document["inputs"] if "inputs" in document else document[True]["workflow_call"]["inputs"])


def test_the_version_of_actionlint_is_the_same_everywhere() -> None:
    files = (".ci/run", ".github/workflows/ci.yml", "CONTRIBUTING.md")
    texts = [(ROOT / file).read_text("utf-8") for file in files]
    # In the script it is a variable of the function.
    script = re.search(r"install_actionlint\(\) \{\n  local version=(v[\d.]+)", texts[0])
    assert script is not None
    assert [re.findall(r"cmd/actionlint@(v[\d.]+)", text) for text in texts[1:]] == [[script[1]]] * 2
