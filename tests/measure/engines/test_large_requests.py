"""Requests that are larger than what a socket takes at once arrive whole and in order, one after the other."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.load import load

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
BODY = b"".join(b"%07d\n" % number for number in range(500_000))


@contextmanager
def reader(bodies: list[bytes]) -> Iterator[str]:
    """A server that takes its time before it reads a body, and keeps it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        answer(connection)

        def answer(connection: socket.socket) -> None:
            data = b""
            while True:
                while b"\r\n\r\n" not in data:
                    if not (piece := connection.recv(1024)):
                        return
                    data += piece
                head, _, start = data.partition(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split()[0])
                time.sleep(0.02)
                body = bytearray(start)
                while len(body) < length:
                    body += connection.recv(1 << 20)
                bodies.append(bytes(body[:length]))
                data = bytes(body[length:])
                connection.sendall(OK)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)


def test_large_bodies_arrive_whole() -> None:
    bodies: list[bytes] = []
    with reader(bodies) as url:
        result = load(url, users=1, duration_s=0.5, call={"method": "POST", "body": BODY})
    assert not result.errors
    assert result.answers > 1
    assert len(bodies) > 2
    assert all(each == BODY for each in bodies)
