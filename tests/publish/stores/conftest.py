"""Forges on loopback for the stores that they keep. Every answer of theirs has to have its published shape."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.github_api import GitHub, github
from tests.support.gitlab_packages import GitLab, gitlab
from tests.support.schemas import check_answers


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """A GitHub whose repository has no artifacts yet."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with github() as state:
        yield state
        check_answers("github/actions-artifacts.schema.json", state.answers)


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitLab]:
    """A GitLab whose project has no packages yet."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with gitlab() as state:
        yield state
        check_answers("gitlab/packages.schema.json", state.answers)


@pytest.fixture
def said() -> list[str]:
    """What a pull warned of."""
    return []
