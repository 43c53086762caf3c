"""The port of a service: chosen by us, written by the configuration as ``{port}``."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def fill(text: str, port: int) -> str:
    """``text`` with every ``{port}`` replaced; other braces belong to the shell and stay."""
    return text.replace("{port}", str(port))
