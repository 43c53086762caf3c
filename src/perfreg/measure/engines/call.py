"""One request as the user configured it: what all engines send."""

from __future__ import annotations

from dataclasses import dataclass

ANY_GOOD_STATUS = frozenset(range(100, 400))
"""The statuses that are answers rather than failures, unless somebody says otherwise."""

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What an answer must be like, beside its status.

    ``headers`` are pairs of a name and a regular expression that its value must match somewhere, ``body`` is one for
    the body, and ``json`` are pairs of a JSONPath and the value that it must find.
    """

    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    json: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to ``url``; ``accepts`` are the statuses that are answers rather than failures.

    URL, header values and body may have ``{{name}}`` in them: a column of the plan's rows, or what an earlier call of
    the same user has extracted. ``extract`` are pairs of such a name and the JSONPath of its value. ``json_body`` says
    that values are written into the body as parts of JSON strings. The user thinks for ``think_s`` (least, most)
    afterwards.
    """

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    json_body: bool = False
    accepts: frozenset[int] = ANY_GOOD_STATUS
    checks: Checks | None = None
    extract: tuple[tuple[str, str], ...] = ()
    think_s: tuple[float, float] = (0.0, 0.0)

    @property
    def is_idempotent(self) -> bool:
        """Whether sending it twice does no more than sending it once (RFC 9110, section 9.2.2)."""
        return self.method in _IDEMPOTENT
