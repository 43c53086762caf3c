"""Every workflow that there is: the repository's own, those that its pages show, and those that it generates."""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml

from perfreg.cli import templates
from tests.support.pages import ROOT, blocks
from tests.support.templates import CASES, Case

ACTIONS = (ROOT / "action.yml", ROOT / "report" / "action.yml")
USED = re.compile(r"\borg/perf-regression(?P<path>(?:/[\w.-]+)*)@v1\b")
"""How a workflow of other people names what is in this repository."""


_MORE = {
    "odd service": Case(flags=("--service", "ghcr.io/example/search:1.2")),
    "image": Case(flags=("--image", "python:3.13", "--runner", "self-hosted")),
}
_STORED = {
    "artifact": Case(flags=("--baseline", "artifact", "--deploy-gate")),
    "artifact and database": Case(flags=("--baseline", "artifact", "--service", "postgres:16")),
}


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """``name`` is that of a file, and says where it comes from."""

    name: str
    text: str

    @property
    def document(self) -> Any:
        """What it says."""
        return yaml.safe_load(self.text)

    def __str__(self) -> str:
        return self.name


def own() -> list[Workflow]:
    """Those that run for this repository, or that others call."""
    files = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    return [Workflow(name=file.name, text=file.read_text("utf-8")) for file in files]


def shown() -> list[Workflow]:
    """Those on the pages, as whole workflows."""
    return [
        Workflow(name=f"{'-'.join(block.page.relative_to(ROOT).parts)}-{block.line}.yml", text=block.text)
        for block in blocks("yaml")
        if "jobs" in yaml.safe_load(block.text)
    ]


@cache
def generated() -> tuple[Workflow, ...]:
    """Those that `perfreg-templates` prints for GitHub: each target, by itself and filled in every way."""
    with TemporaryDirectory() as folder, _within(folder):
        return tuple(_generated(Path(folder)))


def _generated(folder: Path) -> Iterator[Workflow]:
    for target in _printed("--list").split():
        if target.partition("-")[0] != "github":
            continue
        for name, case in {**CASES, **_MORE, **({} if "fork" in target else _STORED)}.items():
            config = folder / "perfreg.yml"
            config.unlink(missing_ok=True)
            if case.config:
                config.write_text(case.config, "utf-8")
            text = _printed(target, *case.flags)
            yield Workflow(name=f"{target}-{name.replace(' ', '-')}.yml", text=text)


@contextmanager
def _within(folder: str) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _printed(*arguments: str) -> str:
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        assert templates.main(arguments) == 0, arguments
    return out.getvalue()


def laid_out(folder: Path, workflows: Sequence[Workflow]) -> list[Path]:
    """The workflows as files, where linters look for them."""
    place = folder / ".github" / "workflows"
    place.mkdir(parents=True)
    for workflow in workflows:
        (place / workflow.name).write_text(workflow.text, "utf-8")
    return sorted(place.iterdir())


def actionlint() -> str:
    """The path of the linter. Without it the tests are skipped, but never where CI is set."""
    found = shutil.which(os.environ.get("PERFREG_ACTIONLINT", "actionlint"))
    if found:
        return found
    get = "go install github.com/rhysd/actionlint/cmd/actionlint@latest"
    reason = f"there is no actionlint: {get}, or set PERFREG_ACTIONLINT"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
