"""The pictures are what perfreg's own functions give now, safe to show, and described for those who cannot see them."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from docs.pictures import __main__ as pictures
from tests.support.pages import PAGES

_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_a_picture_is_fresh(name: str) -> None:
    assert pictures.is_fresh(name), "run make schema"


def test_a_picture_that_differs_is_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = pictures.PICTURES["rounds"]()
    monkeypatch.setattr(pictures, "HERE", tmp_path)
    assert not pictures.is_fresh("rounds")
    pictures.path_of("rounds").write_text(drawn.replace("A coin", "A die"), "utf-8")
    assert not pictures.is_fresh("rounds")
    pictures.path_of("rounds").write_text(drawn.replace('x="24"', 'x="25"'), "utf-8")
    assert not pictures.is_fresh("rounds")
    pictures.path_of("rounds").write_text(drawn.replace('x="24"', 'x="24.1"'), "utf-8")
    assert pictures.is_fresh("rounds")


@pytest.mark.parametrize("path", sorted(pictures.HERE.glob("*.svg")), ids=lambda path: path.name)
def test_a_picture_is_drawn_by_the_script_and_plain(path: Path) -> None:
    assert path.stem in pictures.PICTURES
    tree = ET.parse(path)  # noqa: S314 - a file of this repository
    tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert tags <= {"svg", "title", "style", "text", "line", "polyline", "polygon", "rect", "circle"}
    assert "href" not in path.read_text("utf-8")
    assert path.stat().st_size < 20_000


def test_every_picture_is_shown_and_every_image_described() -> None:
    shown = [(page, *found) for page in PAGES for found in _IMAGE.findall(page.read_text("utf-8"))]
    assert [link for _, alt, link in shown if len(alt) < 20] == []
    targets = {(page.parent / link).resolve() for page, _, link in shown}
    assert {pictures.path_of(name) for name in pictures.PICTURES} <= targets
