"""Choosing scenarios."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.configs import load_text

from perfreg.config.load import select
from perfreg.config.models import Config
from perfreg.errors import UsageError


@pytest.fixture
def config(tmp_path: Path) -> Config:
    text = """
        test_scenarios:
          - {name: search, type: web, endpoint: /, component: shop, tags: [fast, read]}
          - {name: "list[0]", type: web, endpoint: /, component: shop}
          - {name: import, type: job, run: x, component: batch, tags: [slow]}
        """
    return load_text(tmp_path, text).config


@pytest.mark.parametrize(
    ("names", "tags", "components", "expected"),
    [
        ([], [], [], ["search", "list[0]", "import"]),
        (["import", "search"], [], [], ["search", "import"]),
        (["*r*"], [], [], ["search", "import"]),
        (["list[0]"], [], [], ["list[0]"]),
        ([], ["s*", "read"], [], ["search", "import"]),
        ([], [], ["shop"], ["search", "list[0]"]),
        (["*"], ["fast"], ["shop"], ["search"]),
    ],
)
def test_globs_choose(
    config: Config, names: list[str], tags: list[str], components: list[str], expected: list[str]
) -> None:
    found = select(config, names=names, tags=tags, components=components)
    assert [spec.name for spec in found] == expected


def test_a_glob_that_matches_nothing_is_a_mistake(config: Config) -> None:
    with pytest.raises(UsageError, match=r"no scenario matches 'serach' \(did you mean 'search'\?\)"):
        select(config, names=["import", "serach"])
    with pytest.raises(UsageError, match=r"no tag matches 'zzz' \(known: fast, read, slow\)"):
        select(config, tags=["zzz"])
    with pytest.raises(UsageError, match=r"no component matches 'shpo' \(did you mean 'shop'\?\)"):
        select(config, components=["shpo"])


def test_choices_that_exclude_each_other(config: Config) -> None:
    with pytest.raises(UsageError, match="no scenario has the chosen name, tag and component at once"):
        select(config, names=["search"], tags=["slow"])
