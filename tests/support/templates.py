"""Printing templates, and the configurations that every one of them has to do for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from perfreg.cli.templates import main

Printer = Callable[..., str]


def printer(capsys: pytest.CaptureFixture[str]) -> Printer:
    """Calls the command line, and gives what it printed."""

    def call(*arguments: str) -> str:
        code = main(arguments)
        captured = capsys.readouterr()
        assert code == 0, captured.err
        return captured.out

    return call


@dataclass(frozen=True, kw_only=True)
class Case:
    """A configuration (empty: there is no file) and flags that every target takes."""

    config: str = ""
    flags: tuple[str, ...] = ()


SHOP = """\
service:
  build: pip install -e .
  start: FLAGS="$FLAGS" uvicorn app:app --port {port}
  ready: {url: "http://127.0.0.1:{port}/health?full=1", timeout: 120}
  env: {MODE: "test ${X}"}
baseline: {store: git, base_branch: trunk}
test_duration: 20
test_scenarios:
  - {name: search, type: api, endpoint: "/search?q=a", concurrent_users: 5}
  - {name: "log in: \\"now\\"", type: api, endpoint: /login, headers: {Authorization: "Bearer ${TOKEN:-none}"}}
  - {name: "100% $(id) $${{ x }} [a]*", type: command, run: "true"}
environments: {staging: {test_duration: 5}, production: {base_url: "http://shop.internal"}}
"""

DATABASES = """\
test_scenarios:
  - {name: users, type: database, query: SELECT 1, connection_string: "${PG_URL:-postgresql+psycopg://localhost/a}"}
  - {name: orders, type: database, query: SELECT 1, connection_string: "${MY_URL:-mysql://u:p@localhost/a}"}
  - {name: lake, type: database, query: SELECT 1, connection_string: "postgresql://lake.example.org/a"}
  - {name: file, type: database, query: SELECT 1, connection_string: "sqlite:///a.db"}
"""

MANY = "test_scenarios:\n" + "".join(f"  - {{name: s{number}, type: command, run: 'true'}}\n" for number in range(30))

CASES: Mapping[str, Case] = {
    "nothing": Case(),
    "shop": Case(config=SHOP),
    "everything": Case(
        config=SHOP,
        flags=(
            *("--python", "3.12", "--service", "postgres:16", "--service", "redis:7.4-alpine", "--deploy-gate"),
            *("--service", "ghcr.io/example/search:1.2", "--schedule", "30 2 * * 1-5", "--environment", "staging"),
            *("--branch", "release/1.x"),
        ),
    ),
    "databases": Case(config=DATABASES),
    "two of a kind": Case(flags=("--service", "postgres:16", "--service", "postgres:17", "--service", "mariadb:11")),
    "many": Case(config=MANY, flags=("--schedule", "0 0 * * *")),
    "one": Case(config="test_scenarios:\n  - {name: build, type: command, run: make}\n"),
}


def print_cases(target: str, folder: Path, print_: Printer, suffix: str = ".yml") -> list[Path]:
    """One file for each case, for tools that take several at once."""
    files = []
    for number, case in enumerate(CASES.values()):
        config = folder / f"config-{number}.yml"
        flags = case.flags
        if case.config:
            config.write_text(case.config, "utf-8")
            flags = ("--config", config.name, *flags)
        file = folder / f"printed-{number}{suffix}"
        file.write_text(print_(target, *flags), "utf-8")
        files.append(file)
    return files


def tool(*command: str | Path) -> None:
    """Run a program of the development environment; its complaints are the test's."""
    name, *arguments = map(str, command)
    path = Path(sys.executable).with_name(name)
    done = subprocess.run([str(path), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def shape(value: Any) -> Any:
    """The structure of a document: keys, lengths of lists and kinds of values, but no text."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shape(part) for part in value]
    return type(value).__name__
