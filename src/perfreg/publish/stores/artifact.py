"""The store as an artifact of GitHub Actions: pulled through the REST API, uploaded by a step of the workflow.

GitHub has no REST call to upload an artifact, so `ArtifactStore.push` leaves the whole store in a directory for the
workflow's upload step. Runs that overlap do not see each other's artifacts. So a pull unites the newest artifact with
all that are younger than the start of its run; what is older was there for that run to find, and is in its artifact.

Whether the run that made an artifact succeeded does not matter (`github_artifacts` says what does): a run that finds a
regression fails too, and its records say themselves whether they may be trusted.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from perfreg.errors import StoreError
from perfreg.publish.stores import github_artifacts, upload_directory
from perfreg.publish.stores.archive import MOST_BYTES, ArchiveError, read_archive
from perfreg.publish.stores.backend import Edit, Pushed
from perfreg.publish.stores.backoff import Backoff
from perfreg.publish.stores.github_artifacts import Artifact
from perfreg.publish.stores.http_client import Api, Session, StatusError, TooLargeError, connect
from perfreg.publish.stores.shard_files import checked
from perfreg.store.exchange import Shards, union

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_MOST_CONSIDERED = 100
_GONE = frozenset((404, 410))
_CURE = "give the job `permissions: {actions: read}`, and check the token and the repository's name"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactStore:
    """The store in the artifacts called ``name`` of the base ``branch`` of ``repository`` (owner/name).

    ``api_url`` is GITHUB_API_URL. ``output`` is where a push leaves the store for the upload step; it is perfreg's
    alone. ``warn`` is told, in one sentence each, of artifacts that a pull had to pass over.
    """

    api_url: str
    repository: str
    token: str = field(repr=False)
    branch: str
    output: Path
    name: str = "perfreg-baseline"
    warn: Callable[[str], None] = field(default=logging.getLogger("perfreg").warning, repr=False)
    time_limit_s: float = 120.0
    backoff: Backoff = field(default_factory=Backoff)

    def pull(self) -> Shards:
        """The shards of the newest usable artifact and of those made meanwhile; empty when there is none.

        Raises `StoreError` when there are artifacts and all are broken: a new store in their place would lose them.
        """
        with connect(self._api()) as session:
            return self._read(session, self.warn)

    def push(self, edit: Edit, message: str) -> Pushed:
        """Leave the edited store in ``output``, or nothing when it is the same; an artifact keeps no ``message``."""
        del message
        warnings: list[str] = []
        upload_directory.clear(self.output)
        with connect(self._api()) as session:
            before = self._read(session, warnings.append)
        after = checked(edit(before))
        if after != before:
            upload_directory.fill(self.output, after)
        changed = after != before
        return Pushed(
            changed=changed,
            attempts=1,
            location=str(self.output),
            warnings=tuple(warnings),
            to_upload=str(self.output) if changed else "",
        )

    def _api(self) -> Api:
        if not _REPOSITORY.fullmatch(self.repository):
            raise StoreError(f"{self.repository!r} is no repository", hint="it has the form owner/name")
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        return Api(
            name="GitHub", url=self.api_url, token=self.token, authorization=("Authorization", "Bearer {}"),
            headers=headers, cure=_CURE, time_limit_s=self.time_limit_s, backoff=self.backoff,
        )  # fmt: skip

    def _read(self, session: Session, warn: Callable[[str], None]) -> Shards:
        stores: list[Shards] = []
        broken: list[str] = []
        since: datetime | None = None
        for artifact in github_artifacts.find(session, self.repository, self.name, self.branch)[:_MOST_CONSIDERED]:
            if since and artifact.created < since:
                break
            start = github_artifacts.start_of_run(session, self.repository, artifact, self.branch)
            if start is None:
                continue
            try:
                shards = self._download(session, artifact)
            except (ArchiveError, TooLargeError) as error:
                broken.append(f"{artifact} is passed over: {error.message}")
                warn(broken[-1])
                continue
            if shards:
                stores.append(shards)
                since = min(start, since or start)
            else:
                warn(f"{artifact} is passed over: it has been deleted")
        if broken and not stores:
            hint = f"delete it and start a new store, or mend what uploads {self.name}"
            raise StoreError(f"no artifact is usable: {broken[0]}", where=self.repository, hint=hint)
        return union(*stores) if len(stores) != 1 else stores[0]

    def _download(self, session: Session, artifact: Artifact) -> Shards:
        """The shards of ``artifact``; none when it is gone. Raises `ArchiveError` when it is broken."""
        if artifact.size > MOST_BYTES:
            raise ArchiveError(f"it has more than {MOST_BYTES >> 20} MiB")
        try:
            content = session.download(f"/repos/{self.repository}/actions/artifacts/{artifact.id}/zip", MOST_BYTES)
        except StatusError as error:
            if error.status in _GONE:
                return {}
            if error.own:
                raise
            raise ArchiveError(error.message) from error
        if artifact.digest.startswith("sha256:") and hashlib.sha256(content).hexdigest() != artifact.digest[7:]:
            raise ArchiveError("it is not what was uploaded: its digest differs")
        return read_archive(content)
