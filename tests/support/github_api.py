"""GitHub's API for artifacts, with state: two loopback servers, one for the API and one for its storage.

The storage refuses requests that carry a token, as the real one does. Every JSON answer is noted in ``answers`` under
the operation of GitHub's published API description whose schema it has to meet.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.support.rest_server import Reply, Request, Running, serve

LIST = "GET /repos/{owner}/{repo}/actions/artifacts"
RUN = "GET /repos/{owner}/{repo}/actions/runs/{run_id}"
ERROR = "error"
REPOSITORY = "octo/shop"
REPOSITORY_ID = 1001
FORK_ID = 2002
TOKEN = "ghs_2yQ0ForTestsOnly"

_DAY = datetime(2026, 11, 20, tzinfo=timezone.utc)


def zipped(files: Mapping[str, str]) -> bytes:
    """What the upload step makes of a directory with ``files``."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return stream.getvalue()


@dataclass(kw_only=True)
class Run:
    """A workflow run as the server knows it. Minutes are counted from some day."""

    id: int
    event: str = "push"
    head_branch: str | None = "main"
    head_repository_id: int | None = REPOSITORY_ID
    conclusion: str | None = "success"
    minute: float
    attempt_minute: float | None = None


@dataclass(kw_only=True)
class Stored:
    """An artifact; ``gone`` answers downloads with that status."""

    id: int
    name: str
    content: bytes
    run: Run
    minute: float
    expired: bool = False
    digest: str | None = None
    size: int | None = None
    gone: int | None = None
    listed_run: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class GitHub:
    """The state of the fake, and the two servers."""

    api: Running
    storage: Running
    artifacts: list[Stored] = field(default_factory=list)
    runs: dict[int, Run] = field(default_factory=dict)
    answers: list[tuple[str, Any]] = field(default_factory=list)
    page_size: int = 100
    filters_names: bool = True
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(7001))

    def run(self, minute: float = 0.0, **facts: Any) -> Run:
        """A run that began at ``minute``."""
        run = Run(id=next(self._ids), minute=minute, **facts)
        self.runs[run.id] = run
        return run

    def upload(
        self, files: Mapping[str, str] | bytes, *, run: Run, minute: float | None = None, **facts: Any
    ) -> Stored:
        """What the upload step of ``run`` does; by default five minutes after the run began."""
        content = files if isinstance(files, bytes) else zipped(files)
        facts.setdefault("digest", f"sha256:{hashlib.sha256(content).hexdigest()}")
        facts.setdefault("name", "perfreg-baseline")
        when = run.minute + 5 if minute is None else minute
        stored = Stored(id=next(self._ids), content=content, run=run, minute=when, **facts)
        self.artifacts.append(stored)
        return stored

    def route_api(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return self._error(401, "Bad credentials")
        base = f"/repos/{REPOSITORY}/actions"
        if request.path == f"{base}/artifacts":
            return self._list(request)
        if found := re.fullmatch(rf"{base}/artifacts/(\d+)/zip", request.path):
            return self._download(int(found[1]))
        if (found := re.fullmatch(rf"{base}/runs/(\d+)", request.path)) and int(found[1]) in self.runs:
            return self._answer(RUN, self._run_document(self.runs[int(found[1])]))
        return self._error(404, "Not Found")

    def route_storage(self, request: Request) -> Reply:
        if "authorization" in request.headers or request.query.get("sig") != "s3cret":
            return Reply(status=403, body=b"<Error><Code>AuthenticationFailed</Code></Error>")
        content = {f"/{stored.id}.zip": stored.content for stored in self.artifacts}.get(request.path)
        return Reply(status=404) if content is None else Reply(body=content)

    def _list(self, request: Request) -> Reply:
        query = request.query
        found = [stored for stored in self.artifacts if not self.filters_names or stored.name == query["name"]]
        found.sort(key=lambda stored: stored.id, reverse=True)
        size = min(int(query.get("per_page", "30")), self.page_size)
        page = int(query.get("page", "1"))
        shown = found[(page - 1) * size : page * size]
        document = {"total_count": len(found), "artifacts": [self._artifact_document(stored) for stored in shown]}
        link = ""
        if page * size < len(found):
            address = f"{self.api.url}{request.path}?name={query['name']}&per_page={query['per_page']}"
            link = f'<{address}&page={page + 1}>; rel="next", <{address}&page=9>; rel="last"'
        return self._answer(LIST, document, link=link)

    def _download(self, artifact: int) -> Reply:
        stored = next((stored for stored in self.artifacts if stored.id == artifact), None)
        if stored is None or stored.gone:
            return self._error(stored.gone if stored and stored.gone else 404, "Artifact has expired")
        return Reply(status=302, headers={"Location": f"{self.storage.url}/{artifact}.zip?sig=s3cret"})

    def _artifact_document(self, stored: Stored) -> dict[str, Any]:
        url = f"{self.api.url}/repos/{REPOSITORY}/actions/artifacts/{stored.id}"
        run = {
            "id": stored.run.id, "repository_id": REPOSITORY_ID, "head_repository_id": stored.run.head_repository_id,
            "head_branch": stored.run.head_branch, "head_sha": "9d1" * 13 + "0",
        }  # fmt: skip
        run = {name: fact for name, fact in run.items() if fact is not None}
        return {
            "id": stored.id, "node_id": f"A_{stored.id}", "name": stored.name, "url": url,
            "size_in_bytes": len(stored.content) if stored.size is None else stored.size,
            "archive_download_url": f"{url}/zip", "expired": stored.expired, "created_at": _time(stored.minute),
            "updated_at": _time(stored.minute), "expires_at": _time(stored.minute + 90 * 24 * 60),
            "digest": stored.digest, "workflow_run": {**run, **stored.listed_run},
        }  # fmt: skip

    def _run_document(self, run: Run) -> dict[str, Any]:
        url = f"{self.api.url}/repos/{REPOSITORY}/actions/runs/{run.id}"
        links = ("jobs", "logs", "check_suite", "cancel", "rerun", "artifacts", "workflow", "html")
        started = run.minute if run.attempt_minute is None else run.attempt_minute
        return {
            "id": run.id, "node_id": f"R_{run.id}", "head_branch": run.head_branch, "run_number": 1, "event": run.event,
            "display_title": "perf", "status": "completed", "conclusion": run.conclusion, "head_sha": "9d1" * 13 + "0",
            "path": ".github/workflows/perf.yml", "workflow_id": 5, "url": url, "created_at": _time(run.minute),
            "updated_at": _time(run.minute), "run_started_at": _time(started), "pull_requests": [], "head_commit": None,
            "repository": _repository(REPOSITORY_ID), "head_repository": _repository(run.head_repository_id),
            **{f"{link}_url": f"{url}/{link}" for link in links},
        }  # fmt: skip

    def _answer(self, operation: str, document: Any, status: int = 200, link: str = "") -> Reply:
        self.answers.append((operation, document))
        return Reply.json(document, status, link=link)

    def _error(self, status: int, message: str) -> Reply:
        document = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
        return self._answer(ERROR, document, status)


def _repository(number: int | None) -> dict[str, Any]:
    owner = {REPOSITORY_ID: "octo", FORK_ID: "stranger"}.get(number or 0, "nobody")
    return {
        "id": number or 0, "node_id": f"N_{number}", "name": "shop", "full_name": f"{owner}/shop", "private": False,
    }  # fmt: skip


def _time(minute: float) -> str:
    return (_DAY + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def github() -> Iterator[GitHub]:
    """A GitHub whose repository has no artifacts yet."""
    with serve() as api, serve() as storage:
        state = GitHub(api=api, storage=storage)
        api.route, storage.route = state.route_api, state.route_storage
        yield state
