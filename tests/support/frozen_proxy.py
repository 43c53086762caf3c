"""A proxy that forwards TCP until it is told to stand still, as a server that hangs does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class FrozenProxy:
    """Listens on ``port``. Once ``frozen``, nothing is forwarded and nobody new is let in."""

    port: int
    frozen: threading.Event = field(default_factory=threading.Event)
    listener: socket.socket
    pairs: list[socket.socket] = field(default_factory=list)

    def freeze(self) -> None:
        self.frozen.set()
        self.listener.close()


@contextmanager
def frozen_proxy(target: tuple[str, int]) -> Iterator[FrozenProxy]:
    """Forward to ``target``."""
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = FrozenProxy(port=listener.getsockname()[1], listener=listener)

    def accept() -> None:
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(target)
            except OSError:
                return
            proxy.pairs += (near, far)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=forward, args=(source, sink), daemon=True).start()

    def forward(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if proxy.frozen.is_set():
                    return
                sink.sendall(data)
            if not proxy.frozen.is_set():
                sink.shutdown(socket.SHUT_WR)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.freeze()
        for each in proxy.pairs:
            each.close()
