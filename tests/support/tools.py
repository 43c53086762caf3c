"""Programs that check or run what is generated. ``make e2e`` installs those that ``tests/tools`` names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

_MODULES = Path(__file__).parents[1] / "tools" / "node_modules"


def program(name: str) -> str:
    """The path of a program that came with npm; a test that has none fails."""
    return _there(_MODULES / ".bin" / name)


def module(name: str) -> str:
    """The directory of a package that came with npm; a test that has none fails."""
    return _there(_MODULES / name)


def installed(name: str) -> str:
    """The path of a program of the operating system; a test that has none fails."""
    return shutil.which(name) or pytest.fail(f"{name} is not installed")


def groovy() -> list[str]:
    """The command that runs Groovy: Java, with the jars that the linter of Groovy brings."""
    jars = Path(module("npm-groovy-lint"), "lib", "java", "groovy", "lib")
    return [installed("java"), "-cp", f"{_there(jars)}/*", "groovy.ui.GroovyMain"]


def _there(path: Path) -> str:
    if not path.exists():
        pytest.fail(f"there is no {path.name}: run the tests with `make e2e`, which installs it")
    return str(path)
