"""The pinned requirement files keep in step with pyproject.toml and with each other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import tomli

ROOT = Path(__file__).parents[2]
FILES = ("action.txt", "build.txt", "dev.txt")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _normal(requirement: str) -> str:
    found = _NAME.match(requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found.group()).lower()


def _pins(name: str) -> dict[str, set[str]]:
    """Requirement name to every pinned version (some depend on the Python version)."""
    pins: dict[str, set[str]] = {}
    for line in (ROOT / "requirements" / name).read_text("utf-8").splitlines():
        if re.match(r"[a-z]", line):
            requirement, _, version = line.partition("==")
            pins.setdefault(_normal(requirement), set()).add(version.split()[0])
    return pins


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def _with_extras(project: dict[str, Any]) -> list[str]:
    extras = project["project"]["optional-dependencies"]
    return [*project["project"]["dependencies"], *extras["postgresql"], *extras["mysql"], *extras["github"]]


def test_the_action_pins_every_dependency(project: dict[str, Any]) -> None:
    assert {_normal(item) for item in _with_extras(project)} <= _pins("action.txt").keys()


def test_development_pins_every_dependency_and_tool(project: dict[str, Any]) -> None:
    wanted = [*_with_extras(project), *project["dependency-groups"]["dev"]]
    assert {_normal(item) for item in wanted} <= _pins("dev.txt").keys()


def test_the_build_backend_is_pinned(project: dict[str, Any]) -> None:
    assert {_normal(item) for item in project["build-system"]["requires"]} <= _pins("build.txt").keys()


def test_the_action_installs_no_development_tool() -> None:
    assert not {"pytest", "mypy", "ruff", "hypothesis"} & _pins("action.txt").keys()


@pytest.mark.parametrize("name", ["action.txt", "build.txt"])
def test_a_shared_requirement_has_one_version(name: str) -> None:
    mine, development = _pins(name), _pins("dev.txt")
    shared = mine.keys() & development.keys()
    assert {key: mine[key] for key in shared} == {key: development[key] for key in shared}


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_is_pinned_by_hash_and_from_nowhere_special(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text("utf-8")
    requirements = re.split(r"\n(?=[A-Za-z0-9-])", text)[1:]
    assert requirements
    for requirement in requirements:
        assert re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", requirement, re.DOTALL), requirement
    assert not re.search(r"://|^--|^-\w|^/", text, re.MULTILINE)
