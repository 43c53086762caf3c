"""The tables of keys are those of the schema, all of them, and links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.pages import PAGES, ROOT, anchors, links

from docs import generate, interface


@pytest.mark.parametrize("page", generate.pages(), ids=lambda page: page.name)
def test_tables_are_fresh(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == generate.filled(text), "run make schema"


@pytest.mark.parametrize("page", generate.pages(), ids=lambda page: page.name)
def test_tables_of_flags_and_inputs_are_fresh(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == interface.filled(text), "run make schema"


def test_every_command_and_every_interface_has_its_table() -> None:
    text = "".join(page.read_text("utf-8") for page in generate.pages())
    shown = set(re.findall(r"<!-- ((?:flags|inputs|outputs): \S+) -->", text))
    files = ("action.yml", "report/action.yml", ".github/workflows/perf-regression.yml")
    wanted = {f"{kind}: {file}" for kind in ("inputs", "outputs") for file in files}
    # The outputs of the sub-action are held against those of the Action by a test of their own.
    assert shown == {f"flags: {name}" for name in interface.commands()} | wanted - {"outputs: report/action.yml"}


def test_every_flag_says_what_it_does() -> None:
    for name in interface.commands():
        for row in interface.flags(name).splitlines()[2:]:
            assert re.fullmatch(r"\| `.+` \| .* \| \S.* \|", row), row


def test_the_tables_know_what_parsers_and_definitions_say() -> None:
    assert "| `--comment {always,on-change,on-regression,never}` | always |" in interface.flags("publish")
    assert "| `--labels`, `--no-labels` | on |" in interface.flags("publish")
    assert "| `-c FILE`, `--config FILE` | perfreg.yml |" in interface.flags("baseline")
    assert "| `accept --reason TEXT` |" in interface.flags("baseline")
    assert "| `working-directory` | `.` |" in interface.inputs("action.yml")
    assert "| `fail_on_regression` | `true` |" in interface.inputs(".github/workflows/perf-regression.yml")


def test_every_section_has_its_table() -> None:
    text = "".join(page.read_text("utf-8") for page in generate.pages())
    shown = set(re.findall(r"<!-- keys: (\w+) -->", text))
    assert shown == generate.sections().keys() - {"Overlay"}


def test_every_key_says_what_it_means() -> None:
    mute = [(name, key) for name, keys in generate.sections().items() for key in keys if not keys[key]["description"]]
    assert [pair for pair in mute if pair[0] != "Overlay"] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(target), link
