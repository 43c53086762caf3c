"""Networks that a script of the user's must not reach: k6 refuses to connect to them."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeVar
from urllib.parse import urlsplit

from perfreg.measure.targets import TargetPolicy

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
SameNetwork = TypeVar("SameNetwork", IPv4Network, IPv6Network)

_EVERYTHING = ("0.0.0.0/0", "::/0")
_PRIVATE = (
    *("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
    *("::1/128", "fc00::/7", "fe80::/10"),
)


def forbidden(policy: TargetPolicy, base_url: str) -> tuple[str, ...]:
    """All public networks but the addresses of ``base_url`` and of the hosts that the policy names.

    A policy that names hosts by a pattern cannot be put into addresses: then nothing is forbidden.
    """
    if any(set("*?[") & set(pattern) for pattern in policy.allowed):
        return ()
    allowed: list[Network] = [] if policy.strict else [ip_network(each) for each in _PRIVATE]
    for host in (urlsplit(base_url).hostname or "", *policy.allowed):
        allowed += map(ip_network, _addresses(host))
    old = _without(IPv4Network(_EVERYTHING[0]), [each for each in allowed if isinstance(each, IPv4Network)])
    new = _without(IPv6Network(_EVERYTHING[1]), [each for each in allowed if isinstance(each, IPv6Network)])
    return tuple(map(str, (*old, *new)))


def _without(whole: SameNetwork, holes: Iterable[SameNetwork]) -> list[SameNetwork]:
    left = [whole]
    for hole in holes:
        left = [part for network in left for part in _cut(network, hole)]
    return left


def _cut(network: SameNetwork, hole: SameNetwork) -> Iterable[SameNetwork]:
    if not network.overlaps(hole):
        return (network,)
    return () if network.subnet_of(hole) else network.address_exclude(hole)


def _addresses(host: str) -> Iterator[Address]:
    with suppress(OSError, UnicodeError):
        for entry in socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM):
            yield ip_address(str(entry[4][0]).partition("%")[0])
