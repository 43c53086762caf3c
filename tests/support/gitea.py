"""A real Gitea on loopback: where it is installed, or built from its Go module, and named by ``PERFREG_GITEA``.

``PERFREG_GITEA_ROOT`` names the directory with its ``templates`` and ``options``, which a binary of one's own lacks.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BINARY = os.environ.get("PERFREG_GITEA") or shutil.which("gitea")

_SETTINGS = """
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
RUN_MODE = prod
WORK_PATH = {home}
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = http://127.0.0.1:{port}/
STATIC_ROOT_PATH = {root}
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
PATH = {home}/gitea.db
[security]
INSTALL_LOCK = true
SECRET_KEY = for-tests-only
PASSWORD_HASH_ALGO = pbkdf2_v1
[repository]
ROOT = {home}/repositories
[log]
LEVEL = Error
"""


@dataclass(frozen=True)
class Gitea:
    """A running server with the repository ``ann/shop``, and its API for those who hold the token."""

    url: str
    token: str

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the API answers."""
        request = urllib.request.Request(  # noqa: S310 - a server of our own
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def pull_request(self, branch: str = "feature") -> tuple[int, str]:
        """Open a pull request; its number and its head."""
        content = base64.b64encode(b"print('slower')\n").decode()
        body = {"content": content, "message": "Change", "branch": "main", "new_branch": branch}
        self.ask("POST", f"/repos/ann/shop/contents/{branch}.py", body)
        request = self.ask("POST", "/repos/ann/shop/pulls", {"title": "Change", "head": branch, "base": "main"})
        return int(request["number"]), str(request["head"]["sha"])


@contextmanager
def gitea(home: Path) -> Iterator[Gitea]:
    """Serve from the empty directory ``home``."""
    assert BINARY is not None
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = home / "app.ini"
    root = os.environ.get("PERFREG_GITEA_ROOT") or home
    config.write_text(_SETTINGS.format(home=home, port=port, root=root), "utf-8")
    env = {**os.environ, "HOME": str(home), "GITEA_WORK_DIR": str(home)}
    common = [BINARY, "--config", str(config)]
    _run([*common, "migrate"], env)
    user = ("--username", "ann", "--random-password", "--email", "ann@example.com", "--must-change-password=false")
    rights = ("--admin", "--access-token", "--access-token-scopes", "all")
    made = _run([*common, "admin", "user", "create", *user, *rights], env)
    found = re.search(r"\b[0-9a-f]{40}\b", made)
    assert found, made
    with subprocess.Popen([*common, "web"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            running = Gitea(url=f"http://127.0.0.1:{port}/api/v1", token=found.group())
            _wait(running, server)
            running.ask("POST", "/user/repos", {"name": "shop", "auto_init": True, "default_branch": "main"})
            yield running
        finally:
            server.terminate()


def _run(command: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def _wait(running: Gitea, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert server.poll() is None, "gitea has ended"
        try:
            running.ask("GET", "/version")
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return
