"""The client of the code under test, pointed at the fake."""

from __future__ import annotations

import time

from perfreg.publish.forges import github
from perfreg.publish.forges.github_api import Access, GitHubApi
from perfreg.publish.forges.patience import Patience
from perfreg.publish.stores.backoff import Backoff
from tests.support.github.documents import REPOSITORY
from tests.support.github.hub import TOKEN, GitHub


def client(hub: GitHub, pauses: list[float], *, token: str = TOKEN, seconds: float = 60.0) -> github.GitHub:
    """A client that notes its pauses instead of making them."""
    backoff = Backoff(draw=lambda: 0.5, sleep=pauses.append)
    patience = Patience(deadline=time.monotonic() + seconds, backoff=backoff)
    return github.GitHub(GitHubApi(Access(url=hub.url, token=token, pause_s=0.0), patience), REPOSITORY)
