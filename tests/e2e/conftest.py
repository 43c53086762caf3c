"""The machine that workflows run on, and the project whose workflows they are."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.act import Act, binary
from tests.e2e.hub import Hub, hub
from tests.e2e.shop import Shop
from tests.e2e.substitutes import copy_action

# How a package client reaches its index is the machine's business and stays as it is.
_KEPT = ("PIP_", "UV_", "SSL_CERT", "REQUESTS_CA", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A directory of the whole test session, whichever of its processes asks: the disk of the runner."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "e2e"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def act(machine: Path) -> Act:
    """act, with a runner's PATH, HOME and tools, which jobs find as they were left, and a copy of the Action."""
    program = binary()
    tools = {"python3": os.path.realpath(sys.executable), "uv": shutil.which("uv")}
    with (machine / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (machine / "action").exists():
            (machine / "home").mkdir()
            (machine / "bin").mkdir()
            for name, target in tools.items():
                if target:
                    (machine / "bin" / name).symlink_to(target)
            (machine / "cache" / "tool_cache").mkdir(parents=True)
            copy_action(machine / "action")
    kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
    caches = {f"{tool.upper()}_CACHE_DIR": str(Path.home() / ".cache" / tool) for tool in ("pip", "uv")}
    env = {
        **caches, **kept, "HOME": str(machine / "home"), "LANG": "C.UTF-8",
        "TERM": "dumb", "NO_COLOR": "1", "TTY_COMPATIBLE": "0",  # act gives jobs a terminal, GitHub none
        "PATH": f"{machine / 'bin'}:/usr/local/bin:/usr/bin:/bin",
    }  # fmt: skip
    return Act(program=program, action=machine / "action", cache=machine / "cache", env=env)


@pytest.fixture
def github(tmp_path: Path) -> Iterator[Hub]:
    """A GitHub with an empty repository."""
    with hub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def shop(github: Hub, act: Act, tmp_path: Path) -> Shop:
    """The project, with its first commit pushed."""
    project = Shop(hub=github, act=act, directory=tmp_path)
    project.begin()
    return project
