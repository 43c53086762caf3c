"""The address of a repository, as git or a CI system has it: ``https://host/path``, ``ssh://``, ``git@host:path``."""

from __future__ import annotations

import re
from dataclasses import dataclass

_URL = re.compile(
    r"(?P<scheme>https?|ssh|git)://(?:[^/@]*@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252})(?::(?P<port>\d{1,5}))?/(?P<path>.*)",
    re.DOTALL,
)
_SCP = re.compile(r"(?:[^/@:]+@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252}):(?P<path>(?!//).*)", re.DOTALL)
_PATH = re.compile(r"[\w.~%+ -]+(?:/[\w.~%+ -]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A host and a path on it. ``server`` is its address in a browser, without what ssh alone needs."""

    host: str
    server: str
    path: str

    def is_named(self, *words: str) -> bool:
        """Whether a part of the host's name is one of these."""
        return not {*re.split(r"[.-]", self.host)}.isdisjoint(words)


def parse(text: str) -> Origin | None:
    """The address in ``text``, if it is one. Names and passwords in it are dropped."""
    text = text.strip()
    found = _URL.fullmatch(text) or _SCP.fullmatch(text)
    if found is None:
        return None
    path = found["path"].strip("/").removesuffix(".git").rstrip("/")
    if not _PATH.fullmatch(path) or ".." in path.split("/"):
        return None
    parts = found.groupdict()
    scheme, port = parts.get("scheme") or "ssh", parts.get("port")
    host = found["host"].lower()
    web = scheme if scheme in ("http", "https") else "https"
    return Origin(host=host, server=f"{web}://{host}{f':{port}' if port and web == scheme else ''}", path=path)
