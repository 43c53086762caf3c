"""The classes that failed requests are counted under."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl

REFUSED = "refused"
RESET = "reset"
TIMEOUT = "timeout"
PROTOCOL = "protocol"
TOO_LARGE = "too large"
CHECK = "check"
CERTIFICATE = "certificate"
TLS = "tls"
DNS = "dns"
NO_PORTS = "no ports"
"""This machine has no port or file descriptor left for another connection: the load's limit, not the server's."""

_EXHAUSTED = frozenset({errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.EADDRINUSE})
# The first that fits counts: some of these are kinds of others.
_CLASSES: tuple[tuple[type[BaseException], str], ...] = (
    (asyncio.TimeoutError, TIMEOUT),
    (TimeoutError, TIMEOUT),
    (ssl.SSLCertVerificationError, CERTIFICATE),
    (ssl.SSLError, TLS),
    (socket.gaierror, DNS),
    (ConnectionResetError, RESET),
    (ConnectionAbortedError, RESET),
    (BrokenPipeError, RESET),
)


def classify(error: BaseException | None) -> str:
    """The class of an error of a connection; None is a connection that the server closed before its answer ended."""
    if error is None:
        return PROTOCOL
    for kind, name in _CLASSES:
        if isinstance(error, kind):
            return name
    return NO_PORTS if isinstance(error, OSError) and error.errno in _EXHAUSTED else REFUSED
