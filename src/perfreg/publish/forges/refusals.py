"""What code hosts answer when they do not do as they are told, as `ForgeError`: one line, without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from perfreg.config.secrecy import without_userinfo
from perfreg.errors import ForgeError
from perfreg.publish.stores.rate_limit import seconds_to_wait
from perfreg.report.escape import inert, visible

_PASSING = frozenset((408, 500, 502, 503, 504))
_REFUSED = frozenset((401, 403, 404))


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """An API under ``url``, and who asks it. ``name`` is what people call the host.

    ``wanted`` says which token it takes, for those who have none, and ``cure`` what to do when that is refused.
    ``pause_s`` lies between two writes.
    """

    name: str
    url: str
    token: str = field(repr=False)
    wanted: str
    cure: str
    pause_s: float = 0.0

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.name} at {visible(urlsplit(self.url).hostname or self.url)}"

    def check(self) -> None:
        """Raise `ForgeError` for a token or an address that cannot be one."""
        if not self.token:
            raise ForgeError("there is no token", where=self.place, hint=self.wanted)
        if not (self.token.isascii() and self.token.isprintable()) or " " in self.token:
            hint = "store it again, without the line break or space around it"
            raise ForgeError("the token has characters that no token has", where=self.place, hint=hint)
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            hint = "it has the form https://host/path"
            raise ForgeError("the API's address is not usable", where=self.place, hint=hint)

    def refusal(self, what: str, status: int, headers: Mapping[str, str], said: str, body: bytes) -> ForgeError:
        """The error for an answer that is no success. ``headers`` are looked up in lower case."""
        wait = seconds_to_wait(status, headers, body.lower())
        reason = f" ({self.public(said)})" if said else ""
        return ForgeError(
            f"{visible(what)} was answered with {status}{reason}",
            where=self.place,
            hint=self.cure if wait is None and status in _REFUSED else "",
            status=status,
            passing=wait is not None or status in _PASSING,
            wait_s=wait,
        )

    def broken(self, what: str, error: Exception) -> ForgeError:
        """The error for a connection that failed. Its reason may hold the URL of a proxy, and so its password."""
        return ForgeError(f"{visible(what)} failed: {type(error).__name__}", where=self.place, passing=True)

    def odd(self, what: str) -> ForgeError:
        """The error for an answer of the wrong shape."""
        message = f"{visible(what)} was answered with something else"
        return ForgeError(message, where=self.place, hint="check the API's address")

    def public(self, text: str) -> str:
        """What a host said, without secrets, on one line that is no command."""
        return inert(visible(without_userinfo(text.replace(self.token, "***"))))
