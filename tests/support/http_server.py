"""A real HTTP server on loopback whose paths misbehave on request."""

from __future__ import annotations

import itertools
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Server:
    """A running server: its address, and what it was asked (method, path, headers in lower case, body)."""

    url: str
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    delay_s: float = 0.002
    """How long `/ok` and `/flaky` take; may be changed while the server runs."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    state: Server
    counter: itertools.count[int]

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.state.requests.append((self.command, self.path, headers, body))
        route = self.path.partition("?")[0]
        if route == "/ok":
            time.sleep(self.state.delay_s)
            self._answer(200, b"hello")
        elif route == "/flaky":
            time.sleep(self.state.delay_s)
            self._answer(500 if next(self.counter) % 5 == 0 else 200, b"hello")
        elif route.startswith("/status/"):
            self._answer(int(route.rpartition("/")[2]), b"")
        elif route == "/hang":
            time.sleep(5)
            self.close_connection = True
        elif route == "/reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
        elif route == "/short":
            self._answer(200, b"hello", claimed=100)
            self.close_connection = True
        elif route == "/garbage":
            self.wfile.write(b"\x00\x01 this is not HTTP\r\n\r\n")
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the names that http.server looks for

    def _answer(self, status: int, body: bytes, claimed: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if claimed is None else claimed))
        if status in (301, 302):
            self.send_header("Location", "/ok")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Keep the test output clean."""


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close without the polite end of stream, so that `/reset` can reset."""
        assert isinstance(request, socket.socket)
        request.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is part of the tests."""


@contextmanager
def http_server() -> Iterator[Server]:
    """Serve on a free port of 127.0.0.1 until the block ends."""
    state = Server(url="")
    handler = type("Handler", (_Handler,), {"state": state, "counter": itertools.count(1)})
    with _QuietServer(("127.0.0.1", 0), handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
