"""What the page about reports shows is what `perfreg report` prints, and every format is on it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from tests.support import documented
from tests.support.command_line import called, perfreg
from tests.support.golden import UPDATE
from tests.support.pages import ROOT

from perfreg.report.formats.csv_ import COLUMNS
from perfreg.report.formats.json_ import render
from perfreg.report.formats.jtl import COLUMNS as JTL_COLUMNS
from perfreg.report.registry import REPORT_FORMATS

PAGE = ROOT / "docs" / "reports.md"
EXAMPLE = re.compile(
    r"(<!-- report: ([\w-]+)(?: lines=(\d+))? -->\n\n```\w+\n)(.*?)(?=^```$)", re.DOTALL | re.MULTILINE
)
SHOWN = [found[2] for found in EXAMPLE.finditer(PAGE.read_text("utf-8"))]
JOB = "https://gitlab.example/shop/-/jobs/42"


def printed(name: str, directory: Path) -> str:
    (directory / "result.json").write_text(render(documented.result()), encoding="utf-8")
    done = called("report", "result.json", "--format", name, cwd=directory, CI_JOB_URL=JOB)
    assert (done.code, done.err) == (0, "")
    return done.out.replace("\r\n", "\n")


def test_every_format_for_programs_has_an_example() -> None:
    people = {"comment", "console", "html", "json", "markdown"}
    assert sorted(SHOWN) == sorted(REPORT_FORMATS.keys() - people)


@pytest.mark.parametrize("name", SHOWN)
def test_an_example_is_what_is_printed(name: str, tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    example = next(found for found in EXAMPLE.finditer(text) if found[2] == name)
    lines = printed(name, tmp_path).splitlines(keepends=True)
    expected = "".join(lines[: int(example[3])] if example[3] else lines)
    if os.environ.get(UPDATE) == "1":
        PAGE.write_text(text[: example.start(4)] + expected + text[example.end(4) :], "utf-8")
        return
    assert example[4] == expected, f"run pytest with {UPDATE}=1 and look at the difference in git"


def test_every_format_and_its_file_is_in_the_table() -> None:
    text = PAGE.read_text("utf-8")
    for each in REPORT_FORMATS.values():
        assert f"| `{each.name}` | `{each.file_name}` |" in text, each.name


def test_every_column_is_explained() -> None:
    text = PAGE.read_text("utf-8")
    for name in COLUMNS:
        assert f"`{name}`" in text, name
    for name in JTL_COLUMNS[:12]:
        assert f"`{name}`" in text, name


def test_the_help_names_every_format(tmp_path: Path) -> None:
    done = perfreg("report", "--help", cwd=tmp_path, COLUMNS="999")
    words = set(re.findall(r"[\w-]+", done.out))
    assert set(REPORT_FORMATS) <= words
