"""A small service with a login, for tests of flows."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Shop(BaseHTTPRequestHandler):
    """Gives a token and a cookie to whoever logs in, and orders to whoever has both."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    seen: list[tuple[str, str, str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        user = json.loads(body)["user"]
        self.seen.append(("login", user, self.headers.get("cookie", "")))
        self._answer(200, json.dumps({"auth": {"token": f"t-{user}"}}).encode(), cookie=f"sid={len(user)}; Path=/")

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("authorization", ""), self.headers.get("cookie", "")))
        if not self.headers.get("authorization", "").startswith("t-"):
            self._answer(401, b"{}")
        else:
            self._answer(200, gzip.compress(b'{"state": "open", "orders": [1, 2]}'), encoding="gzip")

    def _answer(self, status: int, body: bytes, *, cookie: str = "", encoding: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (("Set-Cookie", cookie), ("Content-Encoding", encoding)):
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Keep the test output clean."""


@contextmanager
def shop() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """The address of the service, and whom it has seen: path, user or authorization, cookies."""
    seen: list[tuple[str, str, str]] = []
    handler = type("Handler", (_Shop,), {"seen": seen})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", seen
        finally:
            server.shutdown()
            thread.join()
