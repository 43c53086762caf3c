"""What is printed, and the configurations it is printed for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.templates import Printer, printer


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Printer:
    """Print a template in an empty directory."""
    monkeypatch.chdir(tmp_path)
    return printer(capsys)


@pytest.fixture
def configured(printed: Printer, tmp_path: Path) -> Callable[..., str]:
    """Print a template in a directory that has this ``perfreg.yml``."""

    def call(config: str, *arguments: str) -> str:
        if config:
            (tmp_path / "perfreg.yml").write_text(config, "utf-8")
        return printed(*arguments)

    return call
