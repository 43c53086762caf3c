"""Where requests go: host, port, TLS or a Unix socket, and what stands in the request line."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from perfreg.errors import MeasureError

_PORTS = {"http": 80, "https": 443}
_PLACEHOLDER = re.compile(r"(\{\{[^{}]*\}\})")
_KEPT = "/%:=&?~+!$,;'@()*[]|-._"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server: TCP at ``host`` and ``port``, or the socket at ``path`` when there is one."""

    host: str
    port: int
    tls: bool = False
    path: str = ""

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.path or self.port == _PORTS["https" if self.tls else "http"] else f"{host}:{self.port}"


def parse(url: str) -> tuple[Target, str, str]:
    """The server, the request target (path and query), and the credentials of ``url`` as `Authorization` or empty.

    ``unix:/run/app.sock:/path`` is the path of a server that listens on a socket. Raises `MeasureError`.
    """
    if url.startswith("unix:"):
        path, _, rest = url.removeprefix("unix:").partition(":")
        return Target(host="localhost", port=0, path=path), origin_form(rest or "/"), ""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError as error:
        raise MeasureError(f"the request cannot be sent: {error}", where=url) from error
    if parts.scheme not in _PORTS or not host:
        raise MeasureError("the request cannot be sent: not an http(s) URL", where=url)
    credentials = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        credentials = "Basic " + base64.b64encode(pair.encode()).decode()
    target = Target(host=host, port=port or _PORTS[parts.scheme], tls=parts.scheme == "https")
    return target, origin_form((parts.path or "/") + (f"?{parts.query}" if parts.query else "")), credentials


def origin_form(path: str) -> str:
    """``path`` with everything escaped that must not stand in a request line, placeholders excepted."""
    parts = _PLACEHOLDER.split(path.partition("#")[0] or "/")
    return "".join(part if index % 2 else quote(part, safe=_KEPT) for index, part in enumerate(parts))
