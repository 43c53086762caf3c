"""The store in GitLab's generic package registry: every push adds a version of the package, none is ever changed.

The registry cannot compare and swap, so writers do not take turns: each uploads the union of what it found and what it
adds, under a version of its own, and lists the versions which that includes. A pull unites the versions that no other
one includes: one when writers came one after the other, one for each when they wrote at the same time. So nobody's
records are lost, and what was pruned stays so. Only the newest versions are looked at: older ones are included there.

A version's manifest is uploaded last. One without it is still being uploaded, or its writer died; it does not count.
Nor does one to which a pipeline of another branch, a tag or a merge request wrote last, which GitLab itself notes.
Whoever may upload packages by hand, with an access token, is trusted.

A job token may list, read and write the packages of its own project (GitLab 15.3 and newer) as far as the person who
started the pipeline may; a deploy token may not list them, so it does not do.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import quote

from perfreg.errors import StoreError
from perfreg.publish.stores import package_manifest
from perfreg.publish.stores.backend import Edit, Pushed
from perfreg.publish.stores.backoff import Backoff
from perfreg.publish.stores.http_client import Api, Session, StatusError, TooLargeError, connect
from perfreg.publish.stores.package_manifest import MANIFEST, Manifest, ManifestError
from perfreg.publish.stores.shard_files import checked
from perfreg.report.escape import visible
from perfreg.store.exchange import Shards, union

_NAME = re.compile(r"[A-Za-z0-9._+-]+")
_VERSION = re.compile(r"(?!.*\.\.)[\w+.-]+", re.ASCII)
_MOST_VERSIONS = 200
_MOST_PAGES = 10
_MOST_MANIFEST_BYTES = 1 << 20
_MOST_OVERHEAD_BYTES = 1 << 20
_CURE = (
    "the package registry must be on in the project's settings, and who started the pipeline needs the role Reporter "
    "to read it, Developer to write"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The store as it is: its shards, the versions they include, and what people should know."""

    shards: Shards
    includes: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GitLabPackageStore:
    """The store in the generic ``package`` of the project ``project_id`` (a number, or group/name).

    ``api_url`` is CI_API_V4_URL, ``pipeline_id`` CI_PIPELINE_ID, ``job_token`` CI_JOB_TOKEN; a ``private_token``, an
    access token with the scope ``api``, is used in its place. Versions count that pipelines of ``branch`` wrote.
    ``warn`` is told, in one sentence each, of versions that a pull had to pass over.
    """

    api_url: str
    project_id: str
    pipeline_id: str
    branch: str
    job_token: str = field(default="", repr=False)
    private_token: str = field(default="", repr=False)
    package: str = "perfreg-baseline"
    warn: Callable[[str], None] = field(default=logging.getLogger("perfreg").warning, repr=False)
    time_limit_s: float = 120.0
    backoff: Backoff = field(default_factory=Backoff)

    def pull(self) -> Shards:
        """The union of all versions; empty when there is none.

        Raises `StoreError` when there are versions and all are broken: a new store in their place would lose them.
        """
        with connect(self._api()) as session:
            found = self._read(session)
        for warning in found.warnings:
            self.warn(warning)
        return found.shards

    def push(self, edit: Edit, message: str) -> Pushed:
        """Upload the edited store as a version of its own, unless the edit changes nothing."""
        with connect(self._api()) as session:
            found = self._read(session)
            after = checked(edit(found.shards))
            if after == found.shards:
                return Pushed(changed=False, attempts=1, location=self.package, warnings=found.warnings)
            version = f"0.0.{self.pipeline_id}-{secrets.token_hex(4)}"
            self._upload(session, version, after, found.includes, message)
            warnings = (*found.warnings, *self._second_look(session, version))
        return Pushed(changed=True, attempts=1, location=f"{self.package} {version}", warnings=warnings)

    def _api(self) -> Api:
        for value, pattern, what in (
            (self.package, _NAME, "name of a package"),
            (self.pipeline_id, re.compile(r"\d+", re.ASCII), "number of a pipeline"),
        ):
            if not pattern.fullmatch(value):
                raise StoreError(f"{value!r} is no {what}")
        return Api(
            name="GitLab", url=self.api_url, token=self.private_token or self.job_token, cure=_CURE,
            authorization=("PRIVATE-TOKEN" if self.private_token else "JOB-TOKEN", "{}"),
            time_limit_s=self.time_limit_s, backoff=self.backoff,
        )  # fmt: skip

    @property
    def _packages(self) -> str:
        return f"/projects/{quote(self.project_id, safe='')}/packages"

    def _file(self, version: str, name: str) -> str:
        return f"{self._packages}/generic/{self.package}/{version}/{name}"

    def _entries(self, session: Session) -> Iterator[tuple[str, str]]:
        """Versions and the references of the pipelines that wrote to them last (empty: none did), newest first."""
        query: dict[str, str | int] = {
            "package_type": "generic", "package_name": self.package, "order_by": "created_at", "sort": "desc",
            "per_page": 100,
        }  # fmt: skip
        for page in session.pages(self._packages, query, _MOST_PAGES):
            if not isinstance(page, list):
                raise StoreError("the list of packages is not one", where="GitLab", hint="check the API's address")
            for entry in page:
                version = entry.get("version") if isinstance(entry, dict) else None
                # The registry searches for names that are like the one asked for.
                if not isinstance(version, str) or not _VERSION.fullmatch(version) or entry.get("name") != self.package:
                    continue
                if entry.get("package_type") == "generic" and entry.get("status", "default") == "default":
                    yield version, _reference(entry.get("pipeline"))

    def _versions(self, session: Session) -> Iterator[str]:
        for version, reference in self._entries(session):
            if reference in ("", self.branch):
                yield version

    def _read(self, session: Session) -> _Found:
        heads: list[Shards] = []
        seen: list[str] = []
        included: set[str] = set()
        warnings: list[str] = []
        for version in islice(self._versions(session), _MOST_VERSIONS):
            if version not in included:
                try:
                    manifest = self._manifest(session, version)
                    if manifest is None:
                        continue
                    heads.append(self._shards(session, version, manifest))
                except (ManifestError, TooLargeError) as error:
                    warnings.append(f"version {version} of {self.package} is passed over: {error.message}")
                    continue
                included.update(manifest.includes)
            seen.append(version)
        if warnings and not heads:
            raise StoreError(f"no version is usable: {warnings[0]}", where="GitLab", hint="delete the broken versions")
        if len(seen) == _MOST_VERSIONS:
            warnings.append(f"{self.package} has many versions: delete the older ones, the newest one includes them")
        shards = union(*heads) if len(heads) != 1 else heads[0]
        return _Found(shards=shards, includes=tuple(seen), warnings=tuple(warnings))

    def _manifest(self, session: Session, version: str) -> Manifest | None:
        content = self._download(session, version, MANIFEST, _MOST_MANIFEST_BYTES)
        return None if content is None else Manifest.from_json(content)

    def _shards(self, session: Session, version: str, manifest: Manifest) -> Shards:
        texts = {}
        for name, (size, digest) in manifest.files.items():
            content = self._download(session, version, package_manifest.file_of(name), size + _MOST_OVERHEAD_BYTES)
            if content is None:
                raise ManifestError(f"it has no {name}")
            texts[name] = package_manifest.unpack(content, size, digest)
        return {name: text for name, text in texts.items() if text}

    def _download(self, session: Session, version: str, name: str, most_bytes: int) -> bytes | None:
        try:
            return session.download(self._file(version, name), most_bytes)
        except StatusError as error:
            if error.status == 404:
                return None
            raise

    def _upload(self, session: Session, version: str, shards: Shards, includes: tuple[str, ...], message: str) -> None:
        for name, text in sorted(shards.items()):
            session.upload(self._file(version, package_manifest.file_of(name)), package_manifest.pack(text))
        manifest = Manifest.of(shards, includes)
        session.upload(self._file(version, MANIFEST), manifest.to_json(message))

    def _second_look(self, session: Session, version: str) -> Iterator[str]:
        """A warning when pulls will not find what was just written, because it is another branch's."""
        references = dict(islice(self._entries(session), _MOST_VERSIONS))
        if references.get(version, "") not in ("", self.branch):
            what = visible(references[version])
            yield f"this pipeline runs for {what}, so what it wrote does not count for {self.branch}"


def _reference(pipeline: Any) -> str:
    """The branch, tag or merge request of a pipeline; empty when there is no pipeline."""
    if pipeline is None:
        return ""
    reference = pipeline.get("ref") if isinstance(pipeline, dict) else None
    return reference if isinstance(reference, str) and reference else "unknown"
