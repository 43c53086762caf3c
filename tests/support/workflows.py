"""Every workflow that there is: the repository's own, those that its pages show, and those that it generates."""

from __future__ import annotations

import io
import os
import re
import shutil
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from perfreg.cli import templates
from tests.support.pages import ROOT, blocks

ACTIONS = (ROOT / "action.yml", ROOT / "report" / "action.yml")
USED = re.compile(r"\borg/perf-regression(?P<path>(?:/[\w.-]+)*)@v1\b")
"""How a workflow of other people names what is in this repository."""

_OTHER_VALUES = ("--config=perf/shop.yml", "--branch=trunk", "--runner=self-hosted")


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


def generated() -> list[Workflow]:
    """Those that `perfreg-templates` prints, as it is and when it is told more."""
    return [
        Workflow(name=f"template-{target}-{len(flags)}.yml", text=text)
        for target in templates.targets()
        for flags in ((), _OTHER_VALUES)
        if "\njobs:" in (text := _printed(target, *flags))
    ]


def _printed(*arguments: str) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        assert templates.main(arguments) == 0
    return out.getvalue()


def laid_out(folder: Path, workflows: list[Workflow]) -> list[Path]:
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
