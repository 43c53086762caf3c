from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.command_line import called, read_result

from perfreg.app import demo
from perfreg.app.demo import CONFIGURATION, SLOW_SEARCH, slowed


def test_the_demonstration_finds_the_slowdown_it_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Less than half of the time will do here. CI demonstrates at full length.
    shorter = CONFIGURATION
    for usual, short in (("test_duration: 2\n", "test_duration: 0.8\n"), ("warm_up: 0.5", "warm_up: 0.2")):
        assert usual in shorter
        shorter = shorter.replace(usual, short)
    monkeypatch.setattr(demo, "CONFIGURATION", shorter)
    directory = tmp_path / "demo"
    # As in a pull request, which must not keep the demonstration from having a baseline of its own.
    foreign = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge", "PERF_TEST_DURATION": "900"}
    done = called("demo", "--directory", str(directory), cwd=tmp_path, **foreign)
    assert done.code == 0, done.out + done.err
    assert SLOW_SEARCH in (directory / "shop.py").read_text()
    regressed = {each["scenario"] for each in read_result(directory)["verdicts"] if each["status"] == "regression"}
    assert regressed == {"search"}
    for name in ("result.json", "report.md", "index.html", "perfreg.css"):
        assert (directory / "perf-results" / name).stat().st_size > 0
        assert name == "perfreg.css" or str(directory / "perf-results" / name) in done.out


def test_the_slow_search_answers_the_same(tmp_path: Path) -> None:
    import sqlite3
    from typing import Any

    from perfreg.sample import shop

    shop.create_database(tmp_path / "shop.sqlite3")
    changed: dict[str, Any] = {"__name__": "slow_shop"}
    exec(slowed(Path(shop.__file__).read_text()), changed)  # noqa: S102 - our own sample
    database = sqlite3.connect(tmp_path / "shop.sqlite3")
    try:
        assert changed["search"](database, 3) == shop.search(database, 3)
        assert len(shop.search(database, 3)) == shop.PRODUCTS // shop.CATEGORIES
    finally:
        database.close()
