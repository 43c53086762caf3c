"""Artifacts of workflow runs beside all else that a `hub` has: what a job finds that publishes for another workflow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support import github_api
from tests.support.github.hub import GitHub as Hub
from tests.support.github_api import LIST, Run, Stored
from tests.support.rest_server import Reply, Request, serve
from tests.support.schemas import check_answers

RUN_ID = 777
"""The run that `events.workflow_run` is about."""
_LIST = re.compile(r"/repos/octo/shop/actions/runs/(\d+)/artifacts")


@dataclass
class Artifacts:
    """What runs have uploaded; ``status`` refuses all lists of it."""

    shelf: github_api.GitHub
    page_size: int = 100
    status: int = 0
    asked: list[str] = field(default_factory=list)

    def upload(self, name: str, files: dict[str, str] | bytes, *, run: int = RUN_ID, **facts: Any) -> Stored:
        """What the upload step of a job of this run does."""
        maker = Run(id=run, event="pull_request", head_branch="feature", minute=0.0)
        return self.shelf.upload(files, run=maker, name=name, **facts)

    def route(self, request: Request) -> Reply | None:
        """The answer, if the request is about artifacts."""
        found = _LIST.fullmatch(request.path)
        if found is None:
            return self.shelf.route_api(request) if "/actions/" in request.path else None
        self.asked.append(request.target)
        if self.status:
            return Reply.json({"message": "Resource not accessible by integration"}, self.status)
        listed = [each for each in self.shelf.artifacts if each.run.id == int(found[1])]
        size = min(int(request.query.get("per_page", "30")), self.page_size)
        page = int(request.query.get("page", "1"))
        shown = listed[(page - 1) * size : page * size]
        document = {
            "total_count": len(listed),
            "artifacts": [self.shelf._artifact_document(each) for each in shown],
        }
        check_answers("github/actions-artifacts.schema.json", [(LIST, document)])
        link = ""
        if page * size < len(listed):
            address = f"{self.shelf.api.url}{request.path}?per_page={size}"
            link = f'<{address}&page={page + 1}>; rel="next", <{address}&page=9>; rel="last"'
        return Reply.json(document, link=link)


@contextmanager
def artifacts(hub: Hub) -> Iterator[Artifacts]:
    """Let ``hub`` know about artifacts too."""
    with serve() as storage:
        shelf = github_api.GitHub(api=hub.api, storage=storage)
        storage.route = shelf.route_storage
        known = Artifacts(shelf=shelf)
        others = hub.api.route
        hub.api.route = lambda request: known.route(request) or others(request)
        yield known
