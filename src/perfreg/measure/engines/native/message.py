"""Requests as bytes, made before the load begins."""

from __future__ import annotations

import re

from perfreg.errors import MeasureError
from perfreg.measure.engines.call import Call
from perfreg.measure.engines.native.target import parse

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_DEFAULTS = (("accept", "*/*"), ("accept-encoding", "gzip, deflate"), ("user-agent", "perfreg"))


def encode(call: Call) -> bytes:
    """The request as it goes over the wire. Raises `MeasureError` for what HTTP cannot say."""
    target, path, credentials = parse(call.url)
    given = {name.lower() for name, _ in call.headers}
    headers = [] if "host" in given else [("host", target.authority)]
    headers += [(name, value) for name, value in _DEFAULTS if name not in given]
    if credentials and "authorization" not in given:
        headers.append(("authorization", credentials))
    headers += call.headers
    if (call.body or call.method in _WITH_BODY) and not given & {"content-length", "transfer-encoding"}:
        headers.append(("content-length", str(len(call.body))))
    if not _TOKEN.fullmatch(call.method):
        raise MeasureError(f"the request cannot be sent: no such method as {call.method!r}", where=call.url)
    first = f"{call.method} {path} HTTP/1.1".encode("ascii")
    return b"\r\n".join((first, *(_line(name, value, call.url) for name, value in headers), b"", call.body))


def _line(name: str, value: str, url: str) -> bytes:
    """A header line; whoever smuggles a line break into one would send other headers than the configuration says."""
    if not _TOKEN.fullmatch(name) or _FORBIDDEN.search(value):
        raise MeasureError(f"the request cannot be sent: header {name!r} has characters HTTP forbids", where=url)
    try:
        encoded = value.strip(" \t").encode("latin-1")
    except UnicodeEncodeError:
        encoded = value.strip(" \t").encode()
    return name.encode("ascii") + b": " + encoded
