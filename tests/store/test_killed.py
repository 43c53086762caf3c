from __future__ import annotations

from pathlib import Path

from tests.support.killed_stores import kill_stores


def test_killing_writers_tears_and_loses_nothing(tmp_path: Path) -> None:
    outcome = kill_stores(tmp_path / "store.sqlite3", kills=6, seed=3)
    assert outcome.stored > 0
    assert (outcome.lost, outcome.torn) == (0, 0)
