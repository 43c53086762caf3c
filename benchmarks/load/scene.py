"""The stage of all parts: two processors, nginx on one of them, and servers that know what they do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfreg.measure.affinity import pinned, usable_cores
from perfreg.measure.port import free_port

_PATIENCE_S = 30.0
_HERE = Path(__file__).parent
_IDLER = """
import os
parent = os.getppid()
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while os.getppid() == parent:
    pass
"""
_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))

_NGINX = """
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
worker_processes 1;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  default_type application/json;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    listen 127.0.0.1:{tls_port} ssl backlog=4096;
    ssl_certificate {directory}/certificate.pem;
    ssl_certificate_key {directory}/key.pem;
    location = / {{ return 200 '{{"id": 1, "name": "perfreg", "ok": true}}'; }}
    location / {{ root {directory}/files; }}
  }}
}}
"""


class SceneError(RuntimeError):
    """The benchmark cannot be run here, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cores:
    """The processor of the engines, and that of the servers."""

    engine: frozenset[int]
    server: frozenset[int]

    @property
    def both(self) -> frozenset[int]:
        """Where several processes of an engine run."""
        return self.engine | self.server


def cores_here() -> Cores:
    """One processor of two cores. Raises `SceneError` where there are not so many."""
    cores = sorted(usable_cores(), key=min)
    if len(cores) < 2:
        raise SceneError("two cores are needed, one for the engines and one for the servers, on Linux")
    return Cores(server=frozenset({min(cores[0])}), engine=frozenset({min(cores[1])}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Nginx:
    """A server with a tiny answer at ``/`` and files of the ``directory``."""

    url: str
    tls_url: str
    certificate: Path
    files: Path


@contextmanager
def nginx(directory: Path, cores: Cores) -> Iterator[Nginx]:
    """nginx with one worker process on the servers' processor. Raises `SceneError`."""
    port, tls_port = free_port(), free_port()
    (directory / "files").mkdir()
    _make_certificate(directory)
    config = directory / "nginx.conf"
    config.write_text(_NGINX.format(directory=directory, port=port, tls_port=tls_port), encoding="utf-8")
    url = f"http://127.0.0.1:{port}/"
    with _running(["nginx", "-c", str(config), "-e", str(directory / "error.log")], cores, url):
        yield Nginx(
            url=url,
            tls_url=f"https://127.0.0.1:{tls_port}/",
            certificate=directory / "certificate.pem",
            files=directory / "files",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A server of `known_server.py`."""

    url: str

    def report(self) -> dict[str, Any]:
        """What it has really done since the last time."""
        with _DIRECTLY.open(f"{self.url}report", timeout=_PATIENCE_S) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


@contextmanager
def known(kind: str, *numbers: int, cores: Cores) -> Iterator[Known]:
    """A server that does what `known_server.py` says. Raises `SceneError`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    command = [sys.executable, "-S", str(_HERE / "known_server.py"), str(port), kind, *map(str, numbers)]
    with _running(command, cores, url):
        server = Known(url=url)
        server.report()
        yield server


@contextmanager
def awake(cpus: frozenset[int]) -> Iterator[None]:
    """Keep these processors from falling asleep, by processes that run only where nobody else wants to.

    Waking up takes a virtual machine's processor up to 0.15 ms, which is neither the server's time nor the engine's.
    """
    processes = []
    try:
        for cpu in cpus:
            with pinned(frozenset({cpu})):
                processes.append(subprocess.Popen([sys.executable, "-S", "-c", _IDLER]))
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def seconds_of(line: str) -> dict[str, int]:
    """The counters of the first line of /proc/stat."""
    names = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
    return dict(zip(names, map(int, line.split()[1 : len(names) + 1]), strict=True))


def stolen_pct(before: dict[str, int], after: dict[str, int]) -> float:
    """The share of the processors' time that went to other guests of the same host."""
    passed = sum(after.values()) - sum(before.values())
    return 100 * (after["steal"] - before["steal"]) / passed if passed else 0.0


@contextmanager
def _running(command: Sequence[str], cores: Cores, url: str) -> Iterator[None]:
    with pinned(cores.server):
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        _wait(process, url)
        yield
    finally:
        process.terminate()  # nginx takes its worker along
        process.wait()
        for pipe in (process.stdin, process.stderr):
            if pipe is not None:
                pipe.close()


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            _DIRECTLY.open(url, timeout=_PATIENCE_S).close()
        except OSError as error:
            if process.poll() is not None:
                said = process.stderr.read().decode(errors="replace") if process.stderr else ""
                raise SceneError(f"the server at {url} does not start: {said.strip()[-500:]}") from error
            if time.monotonic() > until:
                raise SceneError(f"nobody answers at {url}") from error
            time.sleep(0.05)
        else:
            return


def _make_certificate(directory: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(directory / "key.pem"), "-out", str(directory / "certificate.pem"), "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "OPENSSL_CONF": "/dev/null"})
