"""The base of servers that play an API: a real HTTP server on loopback, what it was asked, and faults on demand."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a client sent; headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the server answers.

    ``hang_up`` closes the connection instead, ``cut`` after so many bytes of the body; ``drip_s`` is a pause after each
    byte of it.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None
    hang_up: bool = False
    drip_s: float = 0.0

    @classmethod
    def json(cls, document: Any, status: int = 200, *, link: str = "") -> Reply:
        """A document, with a ``Link`` to more pages."""
        headers = {"Content-Type": "application/json", **({"Link": link} if link else {})}
        return cls(status=status, headers=headers, body=json.dumps(document).encode())


@dataclass
class Running:
    """A running server. It answers ``faults``, one for each request, and then by ``route``."""

    url: str
    route: Callable[[Request], Reply] = lambda _: Reply(status=404)
    requests: list[Request] = field(default_factory=list)
    faults: deque[Reply] = field(default_factory=deque)


@contextmanager
def serve() -> Iterator[Running]:
    """Serve on a free port of 127.0.0.1; requests are answered one at a time."""
    running = Running(url="")
    turn = threading.Lock()

    def answer(request: Request) -> Reply:
        with turn:
            running.requests.append(request)
            return running.faults.popleft() if running.faults else running.route(request)

    handler = type("Handler", (_Handler,), {"answer": staticmethod(answer)})
    with _Server(("127.0.0.1", 0), handler) as server:
        running.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    answer: Callable[[Request], Reply]

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        reply = self.answer(Request(method=self.command, target=self.path, headers=headers, body=body))
        if not reply.hang_up:
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self._write(reply.body[: reply.cut], reply.drip_s)
        self.close_connection = reply.hang_up or reply.cut is not None

    def _write(self, body: bytes, drip_s: float) -> None:
        for start in range(0, len(body), 1 if drip_s else max(1, len(body))):
            self.wfile.write(body[start : start + 1] if drip_s else body)
            self.wfile.flush()
            time.sleep(drip_s)
        self.wfile.flush()

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Keep the test output clean."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is part of the tests."""
