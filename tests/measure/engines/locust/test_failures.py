from __future__ import annotations

import errno
import socket
import ssl

import pytest

from perfreg.measure.engines.locust.failures import classify


class FakeBadStatusError(Exception):
    """What Locust's client says of a status; only the name and the causes of an exception count."""


class HTTPParseError(Exception):
    """An answer that is no HTTP."""


class HTTPConnectionClosed(HTTPParseError):  # noqa: N818 - the same
    """Closed before the answer."""


class CatchResponseError(Exception):
    """What a locustfile says of an answer."""


class RetriesExceeded(Exception):  # noqa: N818 - the same
    """Wraps what happened."""

    def __init__(self, original: BaseException) -> None:
        super().__init__("http://host/")
        self.original = original


def caused(by: BaseException) -> BaseException:
    """The way requests wraps an error of a socket: an OSError without a number."""
    outer = OSError(RetriesExceeded(by))
    outer.__context__ = by
    return outer


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), 0, "refused"),
        (OSError(errno.EHOSTUNREACH, "unreachable"), 0, "refused"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), 0, "reset"),
        (BrokenPipeError(errno.EPIPE, "pipe"), 0, "reset"),
        (HTTPConnectionClosed("closed"), 0, "reset"),
        (HTTPParseError("no HTTP"), 200, "protocol"),
        (TimeoutError("timed out"), 0, "timeout"),
        (RetriesExceeded(TimeoutError("timed out")), 0, "timeout"),
        (RetriesExceeded(socket.gaierror(-2, "no such name")), 0, "dns"),
        (caused(ConnectionRefusedError(errno.ECONNREFUSED, "refused")), 0, "refused"),
        (caused(ssl.SSLCertVerificationError(1, "bad")), 0, "certificate"),
        (OSError(errno.EMFILE, "too many"), 0, "no ports"),
        (CatchResponseError("no hello"), 200, "check"),
        (AssertionError("no hello"), 200, "check"),
        (OSError("503 Server Error"), 503, "status 503"),
        (FakeBadStatusError("404"), 404, "status 404"),
        (FakeBadStatusError("?"), 0, "protocol"),
    ],
)
def test_classes(error: BaseException, status: int, kind: str) -> None:
    assert classify(error, status) == kind


def test_errors_in_a_circle() -> None:
    one, other = ValueError("1"), ValueError("2")
    one.__context__, other.__context__ = other, one
    assert classify(one) == "protocol"
