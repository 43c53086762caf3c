"""The results that another workflow run has left in its artifacts, fetched from GitHub by REST.

Whoever opened the pull request may have written every byte of them. So the list of artifacts is asked of GitHub for the
run that GitHub named, an archive is read in memory and within limits, and all that comes to lie on the disk is one file
with a name of our own for each leg. What is in that file is the business of whoever reads it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfreg.errors import StoreError
from perfreg.publish.leg_names import attempt_of, leg_of, newest
from perfreg.publish.stores.archive import ArchiveError, read_members
from perfreg.publish.stores.backoff import Backoff
from perfreg.publish.stores.http_client import Api, Session, StatusError, TooLargeError, connect

RESULT = "result.json"
_MOST_PAGES = 5
_PAGE = 100
_MOST_LEGS = 256
_MOST_DOWNLOADED = 64 << 20
_MOST_UNPACKED = 64 << 20
_MOST_OF_ALL = 256 << 20
_GONE = frozenset((404, 410))
_CURE = "give the job `permissions: {actions: read}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRun:
    """A workflow run of ``repository`` (owner/name) at the API ``url``. ``attempt`` is its newest one, 0 if unknown."""

    url: str
    token: str = field(repr=False)
    repository: str
    id: int
    attempt: int = 0
    time_limit_s: float = 120.0
    backoff: Backoff = field(default_factory=Backoff, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """How many results were written, which legs have none any more, and what kept others from being read."""

    results: int
    expired: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Artifact:
    id: int
    name: str
    size: int
    digest: str
    expired: bool


def fetch(run: ForeignRun, directory: Path) -> Fetched:
    """Write the results of a run's legs to ``directory``, each as ``ARTIFACT/result.json``; the newest attempts count.

    Raises `StoreError` when GitHub does not say what there is.
    """
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    api = Api(
        name="GitHub", url=run.url, token=run.token, authorization=("Authorization", "Bearer {}"),
        headers=headers, cure=_CURE, time_limit_s=run.time_limit_s, backoff=run.backoff,
    )  # fmt: skip
    count, total = 0, 0
    expired: list[str] = []
    problems: list[str] = []
    with connect(api) as session:
        artifacts = _newest(list(_listed(session, run)), run.attempt)
        if len(artifacts) > _MOST_LEGS:
            problems.append(f"there are {len(artifacts):,} results; only {_MOST_LEGS} were fetched")
        for artifact in artifacts[:_MOST_LEGS]:
            try:
                content = b"" if artifact.expired else _content(session, run, artifact)
            except (ArchiveError, TooLargeError, StatusError) as error:
                problems.append(f"the result of {leg_of(artifact.name)} cannot be used: {error.message}")
                continue
            if not content:
                expired.append(leg_of(artifact.name))
                continue
            total += len(content)
            if total > _MOST_OF_ALL:
                problems.append(f"the results have more than {_MOST_OF_ALL >> 20} MiB together")
                break
            _write(directory / artifact.name / RESULT, content)
            count += 1
    return Fetched(results=count, expired=tuple(expired), problems=tuple(problems))


def _listed(session: Session, run: ForeignRun) -> Iterator[_Artifact]:
    path = f"/repos/{run.repository}/actions/runs/{run.id}/artifacts"
    for page in session.pages(path, {"per_page": _PAGE}, _MOST_PAGES):
        entries = page.get("artifacts") if isinstance(page, dict) else None
        if not isinstance(entries, list):
            raise StoreError("the list of artifacts is not one", where="GitHub", hint="check the API's address")
        yield from filter(None, map(_artifact, entries))


def _artifact(entry: Any) -> _Artifact | None:
    """An entry that is the artifact of a leg; what it lacks it is not believed to have."""
    if not isinstance(entry, dict):
        return None
    number, name, size = entry.get("id"), entry.get("name"), entry.get("size_in_bytes")
    if not isinstance(number, int) or not isinstance(name, str) or not isinstance(size, int) or not leg_of(name):
        return None
    digest = entry.get("digest")
    return _Artifact(
        id=number,
        name=name,
        size=size,
        digest=digest if isinstance(digest, str) else "",
        expired=entry.get("expired") is not False,
    )


def _newest(artifacts: list[_Artifact], attempt: int) -> list[_Artifact]:
    """One for each leg and use, by name: of the newest attempt, and of none that began after the one at hand."""
    known = {each.name: each for each in artifacts if not attempt or attempt_of(each.name) <= attempt}
    return [known[name] for name in newest(sorted(known))]


def _content(session: Session, run: ForeignRun, artifact: _Artifact) -> bytes:
    """The result in an artifact; nothing when that is gone. Raises `ArchiveError` when it is no archive of one."""
    if artifact.size > _MOST_DOWNLOADED:
        raise ArchiveError(f"it has more than {_MOST_DOWNLOADED >> 20} MiB")
    try:
        packed = session.download(f"/repos/{run.repository}/actions/artifacts/{artifact.id}/zip", _MOST_DOWNLOADED)
    except StatusError as error:
        if error.status in _GONE:
            return b""
        raise
    if artifact.digest.startswith("sha256:") and hashlib.sha256(packed).hexdigest() != artifact.digest[7:]:
        raise ArchiveError("it is not what was uploaded: its digest differs")
    members = read_members(packed, lambda name: name == RESULT, most_bytes=_MOST_UNPACKED, is_deep=True)
    if not members.get(RESULT):
        raise ArchiveError(f"it holds no {RESULT}")
    return members[RESULT]


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
    except OSError as error:
        raise StoreError(f"cannot be written: {error.strerror}", where=str(file)) from error
