"""The classes that failed requests are counted under, by the codes k6 gives its errors."""

from __future__ import annotations

import re

from perfreg.measure.engines.native import failure

NOT_ALLOWED = "not allowed"
"""A script wanted to load a host that may not be loaded."""

_CODES = {
    1050: failure.TIMEOUT,
    1100: failure.DNS,
    1101: failure.DNS,
    1110: NOT_ALLOWED,
    1111: NOT_ALLOWED,
    1200: failure.RESET,
    1201: failure.RESET,
    1202: failure.RESET,
    1210: failure.REFUSED,
    1211: failure.TIMEOUT,
    1212: failure.REFUSED,
    1213: failure.REFUSED,
    1220: failure.RESET,
    1300: failure.TLS,
    1301: failure.TLS,
    1310: failure.CERTIFICATE,
    1311: failure.CERTIFICATE,
}
# Errors that have no code of their own are told apart by what Go calls them.
_WORDS = (
    (re.compile(r"too many open files|cannot assign requested address|no buffer space"), failure.NO_PORTS),
    (re.compile(r"x509:"), failure.CERTIFICATE),
    (re.compile(r"tls:"), failure.TLS),
    (re.compile(r"connection reset by peer|broken pipe"), failure.RESET),
    (re.compile(r"timeout"), failure.TIMEOUT),
)
_VAGUE = frozenset({1000, 1200, 1210, 1213})
_FIRST_STATUS, _LAST_STATUS = 1400, 1599


def is_status(code: int) -> bool:
    """Whether the code only repeats an HTTP status, or there is none: there was a whole answer."""
    return code == 0 or _FIRST_STATUS <= code <= _LAST_STATUS


def classify(code: int, text: str) -> str:
    """The class of an error of k6."""
    if code in _VAGUE:
        for words, name in _WORDS:
            if words.search(text):
                return name
    return _CODES.get(code, failure.PROTOCOL)
