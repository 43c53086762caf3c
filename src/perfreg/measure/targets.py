"""Which hosts may be loaded: by default only loopback, private and link-local addresses."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from perfreg.errors import MeasureError


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPolicy:
    """Host patterns (``api.example.org``, ``*.example.org``) that may be loaded although they are public.

    With ``strict`` set (``environment: production``) private addresses must be named too.
    """

    allowed: tuple[str, ...] = ()
    strict: bool = False

    def check(self, host: str) -> None:
        """Raise `MeasureError` unless ``host`` (a name or an address) may be loaded."""
        name = host.strip("[]").rstrip(".").lower()
        if any(fnmatchcase(name, pattern.lower()) for pattern in self.allowed):
            return
        public = [address for address in _addresses(name) if not _is_private(address)]
        if public or self.strict:
            kind = f"public address {public[0]}" if public else "host of a production environment"
            raise MeasureError(
                f"{host!r} is a {kind} and may not be loaded",
                hint=f"name it under 'targets:' in the configuration or pass --allow-target {name}",
            )

    def check_url(self, url: str) -> None:
        """`check` for the host of a URL."""
        host = urlsplit(url).hostname
        if not host:
            raise MeasureError(f"{url!r} names no host", hint="write it as http://host:port/path")
        self.check(host)


def _addresses(name: str) -> list[str]:
    try:
        return [str(ipaddress.ip_address(name))]
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise MeasureError(f"the name {name!r} does not resolve: {error}", hint="check the host name") from error
    return sorted({str(entry[4][0]) for entry in found})


def _is_private(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return parsed.is_loopback or parsed.is_link_local or (parsed.is_private and not parsed.is_unspecified)
