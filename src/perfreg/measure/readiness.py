"""When a service can be measured: one probe, repeated until it succeeds or the deadline passes."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from perfreg.config.models import Ready
from perfreg.errors import ServiceError
from perfreg.measure.port import LOOPBACK, fill
from perfreg.measure.service_log import LogSearch, clean
from perfreg.measure.shell import spawn

Probe = Callable[[float], str]
"""Tries once, for at most so many seconds, and returns why the service is not ready: empty when it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What probes need to know of the service: its port, its log, and where its commands run."""

    port: int
    log: Path
    directory: Path
    env: Mapping[str, str] = field(repr=False)  # may hold secrets


def probe_for(ready: Ready, around: Surroundings) -> Probe:
    """The probe that ``ready`` describes; raise `ServiceError` when it can never succeed."""
    if ready.url is not None:
        return _url_probe(fill(ready.url, around.port))
    if ready.tcp is not None:
        return _tcp_probe(fill(str(ready.tcp), around.port))
    if ready.log is not None:
        return _log_probe(fill(ready.log, around.port), around.log)
    return _command_probe(fill(ready.command or "", around.port), around)


def refuse_stranger(ready: Ready, probe: Probe) -> None:
    """Raise `ServiceError` when something answers in the place of the service before it has started."""
    if (ready.url is not None or ready.tcp is not None) and not probe(1.0):
        raise ServiceError(
            "something else answers there already, before the service has started",
            where="service.ready",
            hint="stop it, or let the service listen on {port}",
        )


def _url_probe(url: str) -> Probe:
    import http.client  # neither follows redirects nor the proxies of the environment

    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _useless("url", f"it is no URL: {clean(str(error))}") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise _useless("url", "it is no URL of the form http://host:port/path")
    connection = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def probe(seconds: float) -> str:
        client = connection(host, port, timeout=seconds)
        try:
            client.request("GET", target, headers={"User-Agent": "perfreg", "Connection": "close"})
            status = client.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return f"{_shown(parts)}: {_reason(error)}"
        finally:
            client.close()
        return "" if status < 400 else f"{_shown(parts)} answered {status}"

    return probe


def _tcp_probe(address: str) -> Probe:
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or LOOPBACK
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise _useless("tcp", f"{clean(address)!r} is neither a port nor host:port")

    def probe(seconds: float) -> str:
        try:
            with socket.create_connection((host, int(port)), timeout=seconds) as connection:
                # A port that nobody listens on may be given to our own end, which then talks to itself.
                if connection.getsockname() != connection.getpeername():
                    return ""
                return f"{host} port {port}: nobody listens"
        except OSError as error:
            return f"{host} port {port}: {_reason(error)}"

    return probe


def _log_probe(pattern: str, log: Path) -> Probe:
    try:
        search = LogSearch(log, re.compile(pattern))
    except re.error as error:
        raise _useless("log", f"it is no regular expression: {error}") from error

    def probe(seconds: float) -> str:  # noqa: ARG001 - reading a file needs no limit
        return "" if search.found() else f"no line of its log matches {clean(pattern)!r}"

    return probe


def _command_probe(command: str, around: Surroundings) -> Probe:
    from perfreg.measure.process_tree import ProcessTree
    from perfreg.measure.supervised import new_mark

    def probe(seconds: float) -> str:
        mark = new_mark()
        env = {**around.env, mark: "1"}
        with spawn(command, directory=around.directory, env=env, output=subprocess.DEVNULL) as process:
            try:
                code = process.wait(seconds)
            except subprocess.TimeoutExpired:
                return f"its ready command did not end within {seconds:.3g} s"
            finally:
                if process.returncode is None:
                    ProcessTree(process.pid, mark).terminate(0)
                    process.kill()
        return "" if code == 0 else f"its ready command ended with exit code {code}"

    return probe


def _useless(key: str, why: str) -> ServiceError:
    return ServiceError(f"the service can never be ready by this: {why}", where=f"service.ready.{key}")


def _shown(parts: SplitResult) -> str:
    """The URL without what may be secret: user, password and query."""
    return clean(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return clean(str(error)) or type(error).__name__
