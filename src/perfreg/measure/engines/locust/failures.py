"""The classes of what goes wrong in Locust's users, whichever client they use."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Iterator

from perfreg.measure.engines.native.failure import CHECK, PROTOCOL, REFUSED, RESET, TIMEOUT
from perfreg.measure.engines.native.failure import classify as classify_os

_DEPTH = 8
_BY_NAME = {
    "HTTPConnectionClosed": RESET,
    "HTTPParseError": PROTOCOL,
    "CatchResponseError": CHECK,
    "ResponseError": CHECK,
    "AssertionError": CHECK,
}
"""Exceptions of clients that may not be installed, or whose import would cost more than their names."""


def classify(error: BaseException, status: int = 0) -> str:
    """The class of a request's ``error``; ``status`` is that of its answer, 0 without one."""
    for each in _causes(error):
        names = [kind.__name__ for kind in type(each).__mro__]
        if any("Timeout" in name for name in names):
            return TIMEOUT
        found = next((_BY_NAME[name] for name in names if name in _BY_NAME), "")
        if found:
            return found
        if isinstance(each, zlib.error):
            return PROTOCOL
        if isinstance(each, (OSError, ssl.SSLError)) and (each.errno is not None or not each.__cause__):
            kind = classify_os(each)
            if kind != REFUSED or isinstance(each, ConnectionRefusedError) or each.errno is not None:
                return kind
    return f"status {status}" if status else PROTOCOL


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was made of, innermost first: clients wrap what the socket said."""
    chain: list[BaseException] = []
    current: object = error
    while isinstance(current, BaseException) and len(chain) < _DEPTH and current not in chain:
        chain.append(current)
        inner = (getattr(current, name, None) for name in ("original", "reason", "__cause__", "__context__"))
        wrapped = next((each for each in inner if isinstance(each, BaseException)), None)
        current = wrapped or next((each for each in current.args if isinstance(each, BaseException)), None)
    yield from reversed(chain)
