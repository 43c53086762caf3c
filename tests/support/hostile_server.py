"""A raw TCP server that answers with whatever bytes it is told, and then misbehaves as it is told."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Script = Callable[[socket.socket], None]
"""What is done with a connection after each request; the connection is closed when it raises ``OSError``."""


def answering(data: bytes, *, then_close: bool = False) -> Script:
    """Send ``data`` for every request."""

    def script(connection: socket.socket) -> None:
        connection.sendall(data)
        if then_close:
            raise OSError("done")

    return script


def endless(first: bytes, piece: bytes) -> Script:
    """Send ``first`` and then ``piece`` for as long as somebody reads."""

    def script(connection: socket.socket) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(piece)

    return script


def dripping(data: bytes, pause_s: float, stop: threading.Event) -> Script:
    """Send ``data`` byte by byte."""

    def script(connection: socket.socket) -> None:
        for byte in data:
            connection.sendall(bytes((byte,)))
            if stop.wait(pause_s):
                raise OSError("done")

    return script


def resetting(data: bytes = b"") -> Script:
    """Send ``data`` and reset the connection."""

    def script(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise OSError("done")

    return script


@contextmanager
def hostile_server(script: Script, *, family: int = socket.AF_INET, path: str = "") -> Iterator[str]:
    """Serve on loopback, or on a Unix socket at ``path``; its address as the engine takes it."""
    with socket.socket(family, socket.SOCK_STREAM) as server:
        server.bind(path or ("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        server.listen(64)
        threads: list[threading.Thread] = []
        open_now: list[socket.socket] = []

        def serve(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                while _request(connection):
                    script(connection)

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                open_now.append(connection)
                threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
                threads[-1].start()

        listener = threading.Thread(target=accept, daemon=True)
        listener.start()
        if path:
            yield f"unix:{path}:"
        else:
            host, port = server.getsockname()[:2]
            yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
    listener.join(5)
    for connection in open_now:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join(5)


def _request(connection: socket.socket) -> bool:
    """Read one request without a body; false at the end."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        piece = connection.recv(65536)
        if not piece:
            return False
        data += piece
    return True
