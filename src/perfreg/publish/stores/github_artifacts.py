"""Which artifacts of a GitHub repository may serve as baseline store: those that its base branch made itself.

Anybody who opens a pull request makes artifacts in the repository, of any name, from a branch of any name. What they
cannot choose is checked here: the repository that the code came from, and the event that started the run. A pull
request from the base branch (a back-merge), ``pull_request_target`` and ``workflow_run`` show the base branch too, but
run on or with what strangers wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from perfreg.errors import StoreError
from perfreg.publish.stores.http_client import Session, StatusError

_EVENTS = frozenset(("push", "schedule", "workflow_dispatch"))
_MOST_PAGES = 10
_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """An artifact that says to be of the base branch. ``digest`` is ``sha256:…`` of the archive, or empty."""

    id: int
    size: int
    digest: str
    created: datetime
    run_id: int
    repository_id: int

    def __str__(self) -> str:
        return f"artifact {self.id} of {self.created:%Y-%m-%d %H:%M}"


def find(session: Session, repository: str, name: str, branch: str) -> list[Artifact]:
    """The artifacts called ``name`` of ``branch`` that have not expired, newest first."""
    path = f"/repos/{repository}/actions/artifacts"
    pages = session.pages(path, {"name": name, "per_page": _PAGE}, _MOST_PAGES)
    found = [artifact for page in pages for artifact in _read_page(page, name, branch)]
    return sorted(found, key=lambda artifact: (artifact.created, artifact.id), reverse=True)


def start_of_run(session: Session, repository: str, artifact: Artifact, branch: str) -> datetime | None:
    """When the run that made ``artifact`` began; None when it was not a run of the base branch by itself."""
    try:
        run = session.json(f"/repos/{repository}/actions/runs/{artifact.run_id}")
    except StatusError as error:
        if error.status == 404:
            return None
        raise
    repositories = {_part(run, "repository", "id"), _part(run, "head_repository", "id"), artifact.repository_id}
    if len(repositories) != 1 or _part(run, "head_branch") != branch or _part(run, "event") not in _EVENTS:
        return None
    # The start of the newest attempt, unless an older attempt made the artifact.
    started = _time(_part(run, "run_started_at"))
    return started if started and started <= artifact.created else _time(_part(run, "created_at"))


def _read_page(page: Any, name: str, branch: str) -> Iterator[Artifact]:
    entries = _part(page, "artifacts")
    if not isinstance(entries, list):
        raise StoreError("the list of artifacts is not one", where="GitHub", hint="check the API's address")
    for entry in entries:
        run = _part(entry, "workflow_run")
        repository_id = _part(run, "repository_id")
        created = _time(_part(entry, "created_at"))
        numbers = (_part(entry, "id"), _part(entry, "size_in_bytes"), _part(run, "id"), repository_id)
        if not all(isinstance(number, int) for number in numbers) or created is None:
            continue
        if _part(entry, "name") != name or _part(entry, "expired") is not False:
            continue
        if _part(run, "head_branch") != branch or _part(run, "head_repository_id") != repository_id:
            continue
        yield Artifact(
            id=numbers[0], size=numbers[1], run_id=numbers[2], repository_id=numbers[3], created=created,
            digest=str(_part(entry, "digest") or ""),
        )  # fmt: skip


def _part(document: Any, *path: str) -> Any:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _time(text: Any) -> datetime | None:
    """A time with its zone, as GitHub writes it."""
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (AttributeError, ValueError):
        return None
    return time if time.tzinfo else None
