"""Connections that outlive a load, for the next one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.support.load import load

from perfreg.errors import MeasureError
from perfreg.measure.engines.native import engine
from perfreg.measure.engines.parking import parking, release


@dataclass
class Seen:
    """What a server has seen. ``patience_s`` is how long it keeps a connection on which nothing is said."""

    url: str = ""
    connections: int = 0
    open: int = 0
    requests: int = 0
    patience_s: float = 30.0
    farewell: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    seen: Seen

    def setup(self) -> None:
        self.request.settimeout(self.seen.patience_s)
        with self.seen.lock:
            self.seen.connections += 1
            self.seen.open += 1
        super().setup()

    def finish(self) -> None:
        super().finish()
        with self.seen.lock:
            self.seen.open -= 1

    def do_GET(self) -> None:
        with self.seen.lock:
            self.seen.requests += 1
        self.send_response(200)
        self.send_header("Content-Length", "5")
        if self.seen.farewell:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        """Keep the test output clean."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is part of the tests."""


@contextmanager
def serving() -> Iterator[Seen]:
    """A server that counts its connections."""
    seen = Seen()
    with _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"seen": seen})) as server:
        seen.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield seen
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(params=["uvloop", "asyncio"])
def seen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    """A server for either event loop."""
    if request.param == "asyncio":
        monkeypatch.setattr(engine, "fast_loop", lambda: None)
    with serving() as found:
        yield found


def test_the_next_loads_use_the_connections_of_the_first(seen: Seen) -> None:
    with parking():
        results = [load(seen.url, duration_s=0.1) for _ in range(3)]
    assert seen.connections == 2
    assert not any(result.errors for result in results)
    assert all(result.answers > 0 for result in results)
    assert sum(result.requests for result in results) == seen.requests


def test_without_a_parking_every_load_connects_anew(seen: Seen) -> None:
    for _ in range(3):
        load(seen.url, duration_s=0.1)
    assert seen.connections == 9
    _await_closed(seen)


def test_nothing_stays_open(seen: Seen) -> None:
    with parking():
        load(seen.url, duration_s=0.1, users=5)
        assert seen.open == 5
    _await_closed(seen)
    with parking():
        load(seen.url, duration_s=0.1)
        release()
        _await_closed(seen)


def test_a_connection_that_the_server_has_closed_is_not_used(seen: Seen) -> None:
    seen.patience_s = 0.2
    with parking():
        load(seen.url, duration_s=0.1)
        _await_closed(seen)
        again = load(seen.url, duration_s=0.1)
    assert not again.errors
    assert again.answers > 0


def test_a_connection_that_the_server_says_good_bye_on_is_not_kept(seen: Seen) -> None:
    seen.farewell = True
    with parking():
        for _ in range(2):
            assert not load(seen.url, duration_s=0.1).errors
        _await_closed(seen)


def test_a_server_that_is_gone_is_missed() -> None:
    with parking():
        with serving() as seen:
            seen.patience_s = 0.1
            load(seen.url, duration_s=0.1)
            _await_closed(seen)
        with pytest.raises(MeasureError, match="cannot connect"):
            load(seen.url, duration_s=0.1)


def _await_closed(seen: Seen) -> None:
    deadline = time.monotonic() + 10
    while seen.open and time.monotonic() < deadline:
        time.sleep(0.01)
    assert seen.open == 0
