"""A runner and a GitHub for the Action, both on a bad day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.github.hub import github
from tests.support.runner import Runner, without_waiting


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    """Its GitHub has a pull request; pauses take no time."""
    with github() as hub:
        hub.pull(42)
        runner = Runner(folder=tmp_path, hub=hub)
        without_waiting(monkeypatch, runner.pauses)
        yield runner
