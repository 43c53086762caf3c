"""A GitHub on loopback and a client for it whose pauses take no time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.github.client import client
from tests.support.github.hub import GitHub as Hub
from tests.support.github.hub import github

from perfreg.publish.forges.github import GitHub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with github() as hub:
        hub.pull(42)
        yield hub


@pytest.fixture
def pauses() -> list[float]:
    """How long was waited, in seconds."""
    return []


@pytest.fixture
def forge(hub: Hub, pauses: list[float]) -> GitHub:
    return client(hub, pauses)
