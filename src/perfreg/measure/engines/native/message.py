"""Requests as bytes, made before the load begins."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import quote

from perfreg.errors import MeasureError
from perfreg.measure.engines.call import Call
from perfreg.measure.engines.native.target import parse
from perfreg.measure.engines.placeholders import Template, template
from perfreg.measure.engines.rows import Row

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
DEFAULTS = (("accept", "*/*"), ("accept-encoding", "gzip, deflate"), ("user-agent", "perfreg"))
"""Headers that every request has, unless others are given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it goes over the wire, but for the values of its placeholders. Made by `compile_request`."""

    head: tuple[Template, ...]
    body: Template
    counted: bool

    @property
    def names(self) -> set[str]:
        """The names that need a value."""
        return {name for each in (*self.head, self.body) for name in each.names}

    def fill(self, values: Row, more: bytes = b"") -> bytes:
        """The bytes, with ``more`` header lines. Raises ``KeyError`` for a name without a value."""
        body = self.body.fill(values)
        length = b"content-length: %d\r\n" % len(body) if self.counted else b""
        return b"".join((*(each.fill(values) for each in self.head), length, more, b"\r\n", body))


def compile_request(call: Call) -> Request:
    """Prepare the requests of ``call``. Raises `MeasureError` for what HTTP cannot say."""
    target, path, credentials = parse(call.url)
    given = {name.lower() for name, _ in call.headers}
    headers = [] if "host" in given else [("host", target.authority)]
    headers += [(name, value) for name, value in DEFAULTS if name not in given]
    if credentials and "authorization" not in given:
        headers.append(("authorization", credentials))
    headers += call.headers
    if not _TOKEN.fullmatch(call.method):
        raise MeasureError(f"the request cannot be sent: no such method as {call.method!r}", where=call.url)
    lines = b"".join(_line(name, value, call.url) for name, value in headers)
    return Request(
        head=(
            template(f"{call.method} {path} HTTP/1.1\r\n".encode("ascii"), _in_path),
            template(lines, _in_header),
        ),
        body=template(call.body, _in_json if call.json_body else str.encode),
        counted=bool(call.body or call.method in _WITH_BODY) and not given & {"content-length", "transfer-encoding"},
    )


def _in_path(value: str) -> bytes:
    return quote(value, safe="").encode("ascii")


def _in_header(value: str) -> bytes:
    """A value is data: a line break in it would be another header."""
    return _encoded(_FORBIDDEN.sub(" ", value))


def _in_json(value: str) -> bytes:
    return json.dumps(value)[1:-1].encode("ascii")


def _encoded(value: str) -> bytes:
    try:
        return value.strip(" \t").encode("latin-1")
    except UnicodeEncodeError:
        return value.strip(" \t").encode()


def _line(name: str, value: str, url: str) -> bytes:
    """A header line; whoever smuggles a line break into one would send other headers than the configuration says."""
    if not _TOKEN.fullmatch(name) or _FORBIDDEN.search(value):
        raise MeasureError(f"the request cannot be sent: header {name!r} has characters HTTP forbids", where=url)
    return name.encode("ascii") + b": " + _encoded(value) + b"\r\n"
