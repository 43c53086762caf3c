"""Which keys hold secrets: their values appear in no message, no hash and no ``repr``."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SECRET = re.compile(
    r"passw|passphrase|pwd|secret|token|credential|cookie|auth|api_?key|access_?key|private_?key|connection_string"
    r"|^(headers|env|body|dsn)$",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"(?<=://)[^/?#\s]*@")
_QUERY = re.compile(r"(?<=[?&;])([^=&;#\s]+)=([^&;#\s'\"]*)")


def is_secret(path: Sequence[str | int]) -> bool:
    """Whether the value at this key path, or anything above it, may be a secret."""
    return any(isinstance(part, str) and _SECRET.search(part) for part in path)


def without_userinfo(text: str) -> str:
    """``text`` with user names and passwords taken out of the URLs in it."""
    return _USERINFO.sub("", text)


def without_secrets(text: str) -> str:
    """`without_userinfo`, and with stars for the values of a URL's query whose names are those of secrets."""
    return _QUERY.sub(lambda found: f"{found[1]}=***" if is_secret((found[1],)) else found[0], without_userinfo(text))


def public(value: object, path: tuple[str | int, ...] = ()) -> object:
    """Plain data without anything that may be secret; the names of the keys stay."""
    if isinstance(value, dict):
        return {key: public(part, (*path, key)) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [public(part, path) for part in value]
    if is_secret(path):
        return None
    return without_userinfo(value) if isinstance(value, str) else value
