"""Comparison with files that hold what was right when somebody last looked."""

from __future__ import annotations

import os
from pathlib import Path

UPDATE = "PERFREG_UPDATE_GOLDEN"


def check(path: Path, actual: bytes) -> None:
    """Fail unless ``actual`` is exactly what the file at ``path`` holds; with the switch set, write it instead."""
    if os.environ.get(UPDATE) == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(actual)
        return
    assert path.exists(), f"{path} is missing: run pytest with {UPDATE}=1 and look at what it writes"
    expected = path.read_bytes().decode("utf-8")
    hint = f"{path.name} has changed: if that is right, run pytest with {UPDATE}=1 and look at the difference in git"
    assert actual.decode("utf-8") == expected, hint
