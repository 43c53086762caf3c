"""A runner for the Action: its own HOME, temporary directory and PATH, and a service to measure."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.composite import Composite, Job

ROOT = Path(__file__).parents[2]

# How a package client reaches its index is the machine's business and stays as it is.
_KEPT = ("PIP_", "UV_", "SSL_CERT", "REQUESTS_CA", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")

SERVER = """
import sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self):
        time.sleep(float(Path("delay").read_text()))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        pass

ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

CONFIGURATION = """
service:
  start: exec python3 server.py {port}
test_duration: 0.8
concurrent_users: 2
regression_threshold: 200 # a busy machine is no regression
environments: {staging: {test_duration: 2}}
test_scenarios:
  - {name: front, type: api, endpoint: /, warm_up: 0.2}
"""


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A directory of the whole test session, whichever of its processes asks."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "runner"
    folder.mkdir(exist_ok=True)
    return folder


def make_path(folder: Path, *programs: str) -> str:
    """A PATH with this Python as ``python3``, the named programs, and the system's own tools."""
    folder.mkdir(exist_ok=True)
    wanted = {"python3": os.path.realpath(sys.executable), **{name: shutil.which(name) for name in programs}}
    for name, target in wanted.items():
        assert target, f"{name} is not here"
        if not (folder / name).exists():
            (folder / name).symlink_to(target)
    return f"{folder}:/usr/bin:/bin"


@pytest.fixture(scope="session")
def environment(shared: Path) -> dict[str, str]:
    """What the steps of the Action inherit."""
    home = shared / "home"
    home.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
    caches = {f"{tool.upper()}_CACHE_DIR": str(Path.home() / ".cache" / tool) for tool in ("pip", "uv")}
    return {**caches, **kept, "HOME": str(home), "LANG": "C.UTF-8", "PATH": f"{shared / 'bin'}:/usr/bin:/bin"}


@pytest.fixture(scope="session")
def runner_temp(shared: Path, environment: dict[str, str]) -> Path:
    """RUNNER_TEMP, in which the Action's set-up step has installed perfreg, once for all processes."""
    temp = shared / "temp"
    temp.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_path(shared / "bin", *(["uv"] if shutil.which("uv") else []))
        if not list(temp.glob("perfreg-*/perfreg-is-ready")):
            job = Composite(ROOT / "action.yml", temp=temp, workspace=shared, env=environment).run(config="none.yml")
            assert list(temp.glob("perfreg-*/perfreg-is-ready")), job.log
    return temp


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A checkout with a service that answers after the seconds in the file ``delay``."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "server.py").write_text(SERVER)
    (folder / "perfreg.yml").write_text(CONFIGURATION)
    (folder / "delay").write_text("0.01")
    return folder


@pytest.fixture
def use(runner_temp: Path, environment: dict[str, str], workspace: Path, tmp_path: Path) -> Callable[..., Job]:
    """Use the Action once in the workspace, with these inputs."""
    temp = tmp_path / "temp"
    temp.mkdir()
    for installed in runner_temp.glob("perfreg-*"):
        (temp / installed.name).symlink_to(installed)
    return Composite(ROOT / "action.yml", temp=temp, workspace=workspace, env=environment).run
