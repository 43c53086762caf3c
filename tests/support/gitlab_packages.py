"""GitLab's package registry, with state: two loopback servers, one for the API and one for its object storage.

Answers in JSON are noted in ``answers`` under the operation whose documented shape they have to meet. The rules for
names and versions are GitLab's own.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

from tests.support.rest_server import Reply, Request, Running, serve

LIST = "GET /projects/{id}/packages"
UPLOAD = "PUT /projects/{id}/packages/generic/{package_name}/{package_version}/{file_name}"
ERROR = "error"
PROJECT = 42

_NAME = re.compile(r"[A-Za-z0-9._+-]+")
_FILE = re.compile(r"(?!~)[A-Za-z0-9._+~-]+(?<!~)")
_VERSION = re.compile(r"(?!.*\.\.)[\w+.-]+", re.ASCII)
_DAY = datetime(2026, 11, 20, tzinfo=timezone.utc)


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A pipeline; each of its jobs has the token ``job-<id>``."""

    id: int
    ref: str

    @property
    def token(self) -> str:
        return f"job-{self.id}"


@dataclass(kw_only=True)
class Package:
    """A version of a package: its files, and the pipeline that wrote to it last."""

    id: int
    name: str
    version: str
    package_type: str = "generic"
    status: str = "default"
    pipeline: Pipeline | None = None
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass
class GitLab:
    """The state of the fake, and the two servers. ``redirects`` sends downloads to the storage."""

    api: Running
    storage: Running
    packages: list[Package] = field(default_factory=list)
    answers: list[tuple[str, Any]] = field(default_factory=list)
    pipelines: dict[str, Pipeline] = field(default_factory=dict)
    private_token: str = "glpat-ForTestsOnly"
    page_size: int = 100
    redirects: bool = False
    allows_duplicates: bool = True
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(501))

    @property
    def url(self) -> str:
        return f"{self.api.url}/api/v4"

    def pipeline(self, ref: str = "main") -> Pipeline:
        """A pipeline that runs for ``ref``."""
        pipeline = Pipeline(id=next(self._ids), ref=ref)
        self.pipelines[pipeline.token] = pipeline
        return pipeline

    def package(self, version: str) -> Package:
        return next(package for package in self.packages if package.version == version)

    def route_api(self, request: Request) -> Reply:
        base = f"/api/v4/projects/{PROJECT}/packages"
        is_private = request.headers.get("private-token") == self.private_token
        pipeline = self.pipelines.get(request.headers.get("job-token", ""))
        if not is_private and pipeline is None:
            return self._error(401, "401 Unauthorized")
        if request.path == base:
            return self._list(request)
        if found := re.fullmatch(rf"{base}/generic/([^/]+)/([^/]+)/([^/]+)", request.path):
            name, version, file = found.groups()
            if request.method == "PUT":
                return self._upload(name, version, file, request.body, pipeline)
            return self._download(name, version, file)
        return self._error(404, "404 Project Not Found")

    def route_storage(self, request: Request) -> Reply:
        if {"job-token", "private-token"} & request.headers.keys():
            return Reply(status=400, body=b"<Error>only one way to authenticate is allowed</Error>")
        name, version, file = request.path.strip("/").split("/")
        return Reply(body=self._find(name, version).files[file])

    def _list(self, request: Request) -> Reply:
        query = request.query
        found = [package for package in self.packages if query["package_name"] in package.name]  # fuzzy, as GitLab's is
        found = [package for package in found if package.package_type == query["package_type"]]
        found.sort(key=lambda package: package.id, reverse=query["sort"] == "desc")
        size, page = min(int(query["per_page"]), self.page_size), int(query.get("page", "1"))
        shown = [self._document(package) for package in found[(page - 1) * size : page * size]]
        link = ""
        if page * size < len(found):
            rest = "&".join(f"{name}={quote(value)}" for name, value in query.items() if name != "page")
            link = f'<{self.api.url}{request.path}?{rest}&page={page + 1}>; rel="next"'
        self.answers.append((LIST, shown))
        return Reply.json(shown, link=link)

    def _document(self, package: Package) -> dict[str, Any]:
        created = (_DAY + timedelta(minutes=package.id)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        document = {
            "id": package.id, "name": package.name, "version": package.version, "package_type": package.package_type,
            "status": package.status, "_links": {"web_path": f"/octo/shop/-/packages/{package.id}"}, "tags": [],
            "created_at": created, "last_downloaded_at": None,
        }  # fmt: skip
        if package.pipeline:
            document["pipeline"] = {
                "id": package.pipeline.id, "iid": 1, "project_id": PROJECT, "sha": "9d1" * 13 + "0",
                "ref": package.pipeline.ref, "status": "running", "source": "push", "created_at": created,
                "updated_at": created, "web_url": f"{self.api.url}/octo/shop/-/pipelines/{package.pipeline.id}",
            }  # fmt: skip
        return document

    def _find(self, name: str, version: str) -> Package:
        return next(package for package in self.packages if (package.name, package.version) == (name, version))

    def _upload(self, name: str, version: str, file: str, body: bytes, pipeline: Pipeline | None) -> Reply:
        if not (_NAME.fullmatch(name) and _VERSION.fullmatch(version) and _FILE.fullmatch(file)):
            return self._error(400, "package_version is invalid")
        if (name, version) not in [(package.name, package.version) for package in self.packages]:
            self.packages.append(Package(id=next(self._ids), name=name, version=version))
        package = self._find(name, version)
        if file in package.files and not self.allows_duplicates:
            return self._error(400, "400 Bad request - Duplicate package is not allowed")
        package.files[file] = body
        package.pipeline = pipeline or package.pipeline
        self.answers.append((UPLOAD, {"message": "201 Created"}))
        return Reply.json({"message": "201 Created"}, 201)

    def _download(self, name: str, version: str, file: str) -> Reply:
        try:
            content = self._find(name, version).files[file]
        except (StopIteration, KeyError):
            return self._error(404, "404 Package Not Found")
        if self.redirects:
            return Reply(status=302, headers={"Location": f"{self.storage.url}/{name}/{version}/{file}?sig=s3cret"})
        return Reply(body=content)

    def _error(self, status: int, message: str) -> Reply:
        self.answers.append((ERROR, {"message": message}))
        return Reply.json({"message": message}, status)


@contextmanager
def gitlab() -> Iterator[GitLab]:
    """A GitLab whose project has no packages yet."""
    with serve() as api, serve() as storage:
        state = GitLab(api=api, storage=storage)
        api.route, storage.route = state.route_api, state.route_storage
        yield state
