"""The tables of keys are those of the schema, all of them, and links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.pages import PAGES, ROOT, anchors, links

from docs import generate


@pytest.mark.parametrize("page", generate.pages(), ids=lambda page: page.name)
def test_tables_are_fresh(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == generate.filled(text), "run make schema"


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
