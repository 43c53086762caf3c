"""A small REST API asked with patience: each failure becomes one `ForgeError`, and what passes is retried.

Redirects are not followed, and neither are addresses that an answer names: the token would go with the request.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from perfreg import __version__
from perfreg.errors import ForgeError
from perfreg.publish.forges.patience import Patience
from perfreg.publish.forges.refusals import Access

T = TypeVar("T")

TIMEOUT_S = 20.0
_MOST_BYTES = 32 << 20


class Rest:
    """Requests to an API whose ``headers`` say who asks. Every method raises `ForgeError`."""

    def __init__(self, access: Access, headers: Mapping[str, str], patience: Patience) -> None:
        access.check()
        self._access = access
        self._headers = {"User-Agent": f"perfreg/{__version__}", "Accept": "application/json", **headers}
        self._patience = patience
        self._wrote = float("-inf")

    def get(self, path: str, **query: str | int) -> Any:
        """The document at ``path``."""
        return self._persist(f"GET {path}", lambda: self._once("GET", path, query))

    def send(self, method: str, path: str, body: Any = None, landed: Callable[[], Any] | None = None) -> Any:
        """What is answered to a request that changes something; ``landed`` as for `Forge`."""
        return self._persist(f"{method} {path}", lambda: self._once(method, path, {}, body), landed)

    def odd(self, what: str) -> ForgeError:
        """The error for an answer of the wrong shape."""
        return self._access.odd(what)

    def refused(self, message: str, hint: str) -> ForgeError:
        """The error for what this host cannot be asked."""
        return ForgeError(message, where=self._access.place, hint=hint)

    def _persist(self, what: str, work: Callable[[], T], landed: Callable[[], T | None] | None = None) -> T:
        return self._patience.persist(lambda: self._named(what, work), landed)

    def _named(self, what: str, work: Callable[[], T]) -> T:
        import httpx

        try:
            return work()
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            raise ForgeError(f"{what} cannot be sent", where=self._access.place) from error
        except httpx.RequestError as error:
            raise self._access.broken(what, error) from error
        except (ValueError, RecursionError) as error:
            raise self._access.odd(what) from error

    def _once(self, method: str, path: str, query: Mapping[str, str | int], body: Any = None) -> Any:
        status, headers, content = self._asked(method, path, query, body)
        what = f"{method} {path}"
        is_page = headers.get("content-type", "").startswith("text/html")
        # Azure DevOps shows whom it does not know a page to sign in, with 203 or a redirect and not with 401.
        if 300 <= status < 400 or (status == 203 and is_page):
            raise self._access.refusal(what, 401, headers, "it wants somebody to sign in", b"")
        if not 200 <= status < 300:
            raise self._access.refusal(what, status, headers, _said(content), content)
        return json.loads(content) if content.strip() else None

    def _asked(
        self, method: str, path: str, query: Mapping[str, str | int], body: Any
    ) -> tuple[int, Mapping[str, str], bytes]:
        import httpx

        if method != "GET":
            time.sleep(max(0.0, self._wrote + self._access.pause_s - time.monotonic()))
            self._wrote = time.monotonic()
        content = bytearray()
        given = {"json": body} if body is not None else {}
        try:
            client = httpx.Client(timeout=TIMEOUT_S, headers=self._headers, follow_redirects=False)
        except (ValueError, OSError, httpx.InvalidURL):
            # The reason is not repeated: it has the URL of the proxy, which may have a password.
            message = "the environment's settings of proxies or certificates are unusable"
            hint = "check HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE"
            raise ForgeError(message, where=self._access.place, hint=hint) from None
        with client, client.stream(method, f"{self._access.url}{path}", params=dict(query) or None, **given) as answer:
            for chunk in answer.iter_bytes():
                content += chunk
                if len(content) > _MOST_BYTES:
                    raise self._access.odd(f"{method} {path}")
        return answer.status_code, answer.headers, bytes(content)


def _said(content: bytes) -> str:
    """What an error says of itself: hosts agree on the name, if on nothing else."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    found = document.get("message") or document.get("error") if isinstance(document, dict) else ""
    if isinstance(found, dict):
        found = found.get("message", "")
    return found if isinstance(found, str) else ""
