"""A GitHub on loopback for whole workflows: its API, its git server and the artifacts of its workflow runs.

Two tokens are known: that of a job whose workflow grants permissions, and that of a pull request from a fork, which
may read and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tests.support.github.documents import REPOSITORY, error
from tests.support.github.hub import TOKEN, GitHub
from tests.support.rest_server import Reply, Request, Running, serve

WRITES, READS = TOKEN, "ghs_mayOnlyReadForTests"
_API = "/api/v3"
_ACTIONS = f"{_API}/repos/{REPOSITORY}/actions"
_REFUSED = "Resource not accessible by integration"
_REPOSITORY_ID = 4711


@dataclass(kw_only=True)
class Hub:
    """The servers, the state of the API, the bare repository, where artifacts and caches lie, and the workflow runs."""

    web: Running
    storage: Running
    api: GitHub
    remote: Path
    artifacts: Path
    caches: Path
    runs: dict[int, dict[str, Any]] = field(default_factory=dict)

    def route(self, request: Request) -> Reply:
        """Answer a request to the API or to git."""
        if request.path.startswith(f"/{REPOSITORY}/"):
            return self._git(request)
        sent = request.headers.get("authorization", "").rpartition(" ")[2]
        if sent not in (READS, WRITES):
            return error(401, "Bad credentials")
        if request.path.startswith(_ACTIONS):
            return self._artifacts(request)
        if sent == READS:
            if b"mutation" in request.body or (request.method != "GET" and not request.path.endswith("/graphql")):
                return error(403, _REFUSED)
            kind = request.headers["authorization"].partition(" ")[0]
            request = replace(request, headers={**request.headers, "authorization": f"{kind} {TOKEN}"})
        return self.api.route(request)

    def route_storage(self, request: Request) -> Reply:
        """Answer a download, but not to somebody who shows a token that is none of the storage's business."""
        content = {f"/{number}.zip": file for number, file in self._stored().items()}.get(request.path)
        if "authorization" in request.headers or request.query.get("sig") != "s3cret":
            return Reply(status=403)
        return Reply(status=404) if content is None else Reply(body=content.read_bytes())

    def names(self, run: int) -> list[str]:
        """The artifacts of a workflow run."""
        return sorted(file.parent.name for file in self.artifacts.glob(f"{run}/*/content.zip"))

    def files(self, run: int, name: str) -> list[str]:
        """The files in an artifact."""
        with zipfile.ZipFile(self.artifacts / str(run) / name / "content.zip") as archive:
            return archive.namelist()

    def begin(self, run: int, event: str, ref: str) -> None:
        """A workflow run begins, for an event that is about ``ref``."""
        repository = {"id": _REPOSITORY_ID, "full_name": REPOSITORY}
        now = _time(datetime.now(timezone.utc))
        self.runs[run] = {
            "id": run, "event": event, "head_branch": ref.removeprefix("refs/heads/"), "created_at": now,
            "run_started_at": now, "repository": repository, "head_repository": repository,
        }  # fmt: skip

    def _artifacts(self, request: Request) -> Reply:
        if found := re.fullmatch(rf"{_ACTIONS}/artifacts/(\d+)/zip", request.path):
            return Reply(status=302, headers={"Location": f"{self.storage.url}/{found[1]}.zip?sig=s3cret"})
        if found := re.fullmatch(rf"{_ACTIONS}/runs/(\d+)", request.path):
            return Reply.json(self.runs[int(found[1])])
        if not (found := re.fullmatch(rf"{_ACTIONS}/(?:runs/(\d+)/)?artifacts", request.path)):
            return error(404, "Not Found")
        wanted = request.query.get("name")
        listed = [
            self._document(number, file)
            for number, file in self._stored(found[1] or "*").items()
            if wanted in (None, file.parent.name)
        ]
        return Reply.json({"total_count": len(listed), "artifacts": listed})

    def _stored(self, run: str = "*") -> dict[int, Path]:
        """The archives by the number of their artifact."""
        files = sorted(self.artifacts.glob(f"{run}/*/content.zip"))
        return {zlib.crc32("/".join(file.parts[-3:-1]).encode()): file for file in files}

    def _document(self, number: int, file: Path) -> dict[str, Any]:
        url, run = f"{self.api.url}/repos/{REPOSITORY}/actions/artifacts/{number}", self.runs[int(file.parts[-3])]
        made = _time(datetime.fromtimestamp(file.stat().st_mtime, timezone.utc))
        origin = {"repository_id": _REPOSITORY_ID, "head_repository_id": _REPOSITORY_ID}
        return {
            "id": number, "node_id": f"A_{number}", "name": file.parent.name, "url": url, "expired": False,
            "size_in_bytes": file.stat().st_size, "archive_download_url": f"{url}/zip", "created_at": made,
            "updated_at": made, "expires_at": None,
            "workflow_run": {"id": run["id"], "head_branch": run["head_branch"], **origin},
            "digest": f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}",
        }  # fmt: skip

    def _git(self, request: Request) -> Reply:
        """What git's own server says to the request, if its token allows to ask that."""
        sent = request.headers.get("authorization", "").rpartition(" ")[2]
        token = next((each for each in (READS, WRITES) if sent == _basic(each)), "")
        path, _, query = request.target.partition("?")
        if not token:
            return Reply(status=401, headers={"WWW-Authenticate": 'Basic realm="GitHub"'})
        if token == READS and "git-receive-pack" in request.target:
            return Reply(status=403, body=b"Write access to repository not granted.")
        env = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROJECT_ROOT": str(self.remote.parents[1]),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
            "REQUEST_METHOD": request.method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
            "REMOTE_USER": "tester",
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run(["git", "http-backend"], env=env, input=request.body, capture_output=True, check=True)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        return Reply(status=int(headers.pop("Status", "200")[:3]), headers=headers, body=body)


def _time(time: datetime) -> str:
    """A time as GitHub writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _basic(token: str) -> str:
    return b64encode(f"x-access-token:{token}".encode()).decode()


@contextmanager
def hub(directory: Path) -> Iterator[Hub]:
    """Serve an empty repository in ``directory`` until the block ends."""
    remote, artifacts = directory / REPOSITORY, directory / "artifacts"
    artifacts.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(remote)], check=True)
    for setting in ("http.receivepack", "uploadpack.allowAnySHA1InWant"):
        subprocess.run(["git", "-C", str(remote), "config", setting, "true"], check=True)
    with serve() as web, serve() as storage:
        api = GitHub(api=web, prefix=_API)
        state = Hub(web=web, storage=storage, api=api, remote=remote, artifacts=artifacts, caches=directory / "caches")
        web.route, storage.route = state.route, state.route_storage
        yield state
        assert state.api.problems == []
