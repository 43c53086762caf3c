"""A repository with a service, a command, a function and a query whose revisions are compared."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.git_repository import git

_SERVICE = """\
import socket, sys, threading, time
from pathlib import Path

settings = dict(line.split("=") for line in Path("settings.txt").read_text().split())
if settings["start"] == "fails":
    print("the sky is falling", flush=True)
    sys.exit(7)
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))

def serve(client):
    with client, client.makefile("rb") as lines:
        while line := lines.readline():
            while lines.readline().strip():
                pass
            path = line.split()[1].decode()
            status = settings.get(path, "404")
            time.sleep(float(settings["delay"]))
            if status == "dies":
                print("last words", flush=True)
                import os; os._exit(3)
            client.sendall(f"HTTP/1.1 {status} It\\r\\nContent-Length: 2\\r\\n\\r\\nok".encode())

while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""

SETTINGS = {"start": "works", "delay": "0.010", "/work": "200"}
"""What the service does: how long an answer takes, and the status of each path."""

API = {"name": "work", "type": "api", "endpoint": "/work", "concurrent_users": 2}


@dataclass(frozen=True)
class Project:
    """A repository on its main branch; the work tree is changed and committed as a user does."""

    path: Path

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        (self.path / name).write_text(text, encoding="utf-8")

    def settings(self, **changes: str) -> None:
        """Let the service do other things; ``work`` is the status of the path ``/work``."""
        named = {f"/{name}" if name not in SETTINGS else name: value for name, value in changes.items()}
        self.write("settings.txt", "".join(f"{name}={value}\n" for name, value in {**SETTINGS, **named}.items()))

    def work(self, seconds: float, rows: int = 1) -> dict[str, str]:
        """Let `job.py` take so long, run as a command or called as `job:call`, and `setup.sql` make so many rows."""
        numbers = ",".join(f"({number})" for number in range(rows))
        files = {
            "job.py": f"import time\ndef call():\n    time.sleep({seconds})\nif __name__ == '__main__':\n    call()\n",
            "setup.sql": f"CREATE TABLE numbers (n INTEGER);\nINSERT INTO numbers VALUES {numbers};\n",
        }
        for name, text in files.items():
            self.write(name, text)
        return files

    def service(self, **keys: Any) -> dict[str, Any]:
        """The section of the configuration; the command line names the project, so that `living` finds it."""
        start = f"exec {shlex.quote(sys.executable)} -I -S service.py {{port}} {shlex.quote(str(self.path))}"
        return {"start": start, "ready": {"tcp": "{port}", "timeout": 30}, "stop_timeout": 1, **keys}

    def configure(self, *scenarios: dict[str, Any], **keys: Any) -> None:
        """Write the configuration."""
        self.write("perfreg.json", json.dumps({**keys, "test_scenarios": list(scenarios)}, indent=1))

    def commit(self, message: str = "Change something") -> str:
        """Commit everything; the commit's name."""
        git(self.path, "add", "--all")
        git(self.path, "commit", "--quiet", "--allow-empty", "--message", message)
        return git(self.path, "rev-parse", "HEAD")

    def worktrees(self) -> list[str]:
        """The work trees that git knows and that are in use: locked ones, and those that are gone."""
        listed = git(self.path, "worktree", "list", "--porcelain").split("\n\n")
        return [each for each in listed if "locked" in each or "prunable" in each]


def make_project(directory: Path) -> Project:
    """The project at its first commit."""
    directory.mkdir(parents=True, exist_ok=True)
    git(directory, "init", "--quiet", "--initial-branch=main")
    project = Project(path=directory)
    project.write(".gitignore", ".perfreg/\nperf-results/\n__pycache__/\n")
    project.write("service.py", _SERVICE)
    project.settings()
    project.configure(API, service=project.service())
    project.commit("Begin")
    return project
