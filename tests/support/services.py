"""Small real services to start, and a way to see what is left of them that does not rely on the code under test."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from perfreg.config.models import ServiceConfig
from perfreg.measure import service

_SERVER = """
import os, signal, socket, sys
port, status = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "200 OK"
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen()
print("\\x1b[32mINFO\\x1b[0m: listening on", port, flush=True)
while True:
    client = listener.accept()[0]
    if b"/die" in client.recv(4096):
        print("last words", flush=True)
        os._exit(3)
    client.sendall(f"HTTP/1.1 {status}\\r\\nLocation: /elsewhere\\r\\nContent-Length: 0\\r\\n\\r\\n".encode())
    client.close()
"""

_DAEMON = """
import os, sys
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
env = {} if sys.argv[1] == "bare" else os.environ
os.execve(sys.executable, [sys.executable, "-I", "-S", *sys.argv[2:]], env)
"""

PYTHON = f"{shlex.quote(sys.executable)} -I -S"
"""An interpreter that starts fast."""


def script(directory: Path, source: str, name: str = "script.py") -> str:
    """The shell command that runs ``source``; its command line names ``directory``."""
    path = directory / name
    path.write_text(source, encoding="utf-8")
    return f"{PYTHON} {shlex.quote(str(path))}"


def server(directory: Path) -> str:
    """The command of an HTTP server, to be followed by its port, an answer (``"503 Busy"``) and ``deaf``."""
    return script(directory, _SERVER, "server.py")


def daemon(directory: Path, *, environment: str = "kept") -> str:
    """The command of the same server that leaves the foreground, its session and (``bare``) its environment."""
    server(directory)
    return f"{script(directory, _DAEMON, 'daemon.py')} {environment} {shlex.quote(str(directory / 'server.py'))}"


def start(home: Path, command: str, **keys: Any) -> service.RunningService:
    """Start ``command`` in ``home``, with a log there; ``keys`` are those of the configuration."""
    config = ServiceConfig.model_validate({"start": command, "ready": {"tcp": "{port}", "timeout": 20}, **keys})
    return service.start(config, directory=home, env=os.environ, log=home / "service.log")


def living(directory: Path) -> list[int]:
    """Processes whose command line names ``directory``, this one left out."""
    others = (process for process in psutil.process_iter() if process.pid != os.getpid())
    return [process.pid for process in others if _names(process, str(directory))]


def _names(process: psutil.Process, text: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and any(text in word for word in process.cmdline())
    except psutil.Error:
        return False


def eventually(condition: Callable[[], object], *, within: float = 15.0) -> bool:
    """Whether ``condition`` becomes true before ``within`` seconds have passed."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
