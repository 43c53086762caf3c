"""A REST API asked with patience: pages, redirects, limits of rate, size and time, and a token for one host only.

The token goes with a request when, and only when, its URL has the API's own scheme, host and port. Storage hosts, to
which APIs redirect downloads, never see it. Messages show of a URL its path at the API, or else its host alone: the
URLs of storage hosts are signed, and so secret too.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from perfreg import __version__
from perfreg.config.secrecy import without_userinfo
from perfreg.errors import StoreError
from perfreg.publish.stores.backoff import Backoff, TryAgain
from perfreg.publish.stores.rate_limit import seconds_to_wait
from perfreg.report.escape import inert, visible

if TYPE_CHECKING:
    import httpx

_HOST = re.compile(r"[\w.:-]+")
_TIMEOUT_S = 30.0
_MOST_ATTEMPTS = 7
_MOST_REDIRECTS = 5
_MOST_JSON_BYTES = 16 << 20
_MOST_ERROR_BYTES = 64 << 10
_PASSING = frozenset((408, 500, 502, 503, 504))
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_REFUSED = frozenset((401, 403, 404))


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A REST API under ``url`` and who asks it: ``headers`` are public, ``authorization`` is a name and a format.

    ``cure`` tells those who are refused (401, 403, 404) what to do.
    """

    name: str
    url: str
    token: str = field(repr=False)
    authorization: tuple[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    cure: str
    time_limit_s: float
    backoff: Backoff

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.name} at {_origin(self.url)[1]}"


class StatusError(StoreError):
    """An answer that is neither a success nor passing; ``own`` tells whether the API gave it, or a storage host."""

    def __init__(self, message: str, *, where: str, hint: str = "", status: int, own: bool) -> None:
        super().__init__(message, where=where, hint=hint)
        self.status = status
        self.own = own


class TooLargeError(StoreError):
    """An answer with more bytes than were asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    url: str
    status: int
    headers: Mapping[str, str]
    next_url: str
    body: bytes


@contextmanager
def connect(api: Api) -> Iterator[Session]:
    """Ask ``api`` within the block, which has its time limit. Raises `StoreError` when its settings are unusable."""
    import httpx

    _check(api)
    headers = {"User-Agent": f"perfreg/{__version__}", "Accept-Encoding": "identity"}
    try:
        client = httpx.Client(timeout=_TIMEOUT_S, headers=headers, follow_redirects=False)
    except (ValueError, OSError, httpx.InvalidURL):
        # The reason is not repeated: it has the URL of the proxy, which may have a password.
        message = "the environment's settings of proxies or certificates are unusable"
        raise StoreError(message, where=api.place, hint="check HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE") from None
    with client:
        yield Session(api, client)


def _check(api: Api) -> None:
    import httpx

    try:
        scheme, host, port = _origin(api.url)
    except httpx.InvalidURL:
        scheme, host, port = "", "", None
    if scheme not in ("http", "https") or not _HOST.fullmatch(host) or (port or 0) >= 1 << 16 or "@" in api.url:
        raise StoreError("the API's address is not usable", where=api.name, hint="it has the form https://host/path")
    if not api.token:
        raise StoreError("there is no token", where=api.place, hint=api.cure)
    if not (api.token.isascii() and api.token.isprintable()) or " " in api.token:
        hint = "store it again, without the line break or space around it"
        raise StoreError("the token has characters that no token has", where=api.place, hint=hint)


def _origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port, what a token belongs to, as the library that sends the request reads them."""
    import httpx

    parts = httpx.URL(url)
    return parts.scheme, parts.host, parts.port


class Session:
    """Requests to one API that share a time limit. Every method raises `StoreError`; a refusal is a `StatusError`."""

    def __init__(self, api: Api, client: httpx.Client) -> None:
        self._api = api
        self._client = client
        self._deadline = time.monotonic() + api.time_limit_s

    def json(self, path: str) -> Any:
        """The document at ``path``."""
        return self._document(self._get(self._url(path), _MOST_JSON_BYTES))

    def pages(self, path: str, query: Mapping[str, str | int], most: int) -> Iterator[Any]:
        """The documents of a list, page by page, ``most`` of them at most."""
        url = f"{self._url(path)}?{urlencode(query)}"
        for _ in range(most):
            answer = self._get(url, _MOST_JSON_BYTES)
            yield self._document(answer)
            if not answer.next_url:
                return
            url = self._join(answer.url, answer.next_url)
            if not self._own(url):
                raise StoreError("its next page is on another host", where=self._api.place)

    def download(self, path: str, most_bytes: int) -> bytes:
        """The content at ``path``, wherever the API redirects to. More than ``most_bytes`` are an error."""
        return self._get(self._url(path), most_bytes).body

    def upload(self, path: str, content: bytes) -> None:
        """Put ``content`` at ``path``, where nobody else writes."""
        try:
            self._request("PUT", self._url(path), _MOST_JSON_BYTES, content)
        except StatusError as error:
            # An attempt before this one arrived, only the word of it was lost.
            if error.status != 400 or "duplicate" not in error.message.lower():
                raise

    def _url(self, path: str) -> str:
        return f"{self._api.url.rstrip('/')}{path}"

    def _own(self, url: str) -> bool:
        return _origin(url) == _origin(self._api.url)

    def _join(self, url: str, link: str) -> str:
        import httpx

        try:
            return str(httpx.URL(url).join(link))
        except (ValueError, httpx.InvalidURL) as error:
            raise StoreError("it names an address that is none", where=self._api.place) from error

    def _get(self, url: str, most_bytes: int) -> _Answer:
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._request("GET", url, most_bytes)
            if answer.status not in _REDIRECTS:
                return answer
            url = self._join(url, answer.headers.get("location", ""))
            # Never from TLS to clear text: whoever sits between could swap the content.
            if _origin(url)[0] not in ("https", _origin(self._api.url)[0]):
                raise StoreError("it redirects to an address that is not secure", where=self._api.place)
        raise StoreError(f"it redirects more than {_MOST_REDIRECTS} times", where=self._api.place)

    def _request(self, method: str, url: str, most_bytes: int, content: bytes | None = None) -> _Answer:
        """An answer that is a success or, for GET, a redirect; what passes is tried again."""

        def attempt(number: int) -> _Answer:
            try:
                answer = self._once(method, url, most_bytes, content)
                self._sort_out(method, answer)
            except TryAgain as again:
                if number < _MOST_ATTEMPTS:
                    raise
                raise StoreError(f"{again}, {number} times", where=self._api.place, hint="try later") from again
            return answer

        return self._api.backoff.persist(attempt, place=self._api.place, deadline=self._deadline)

    def _once(self, method: str, url: str, most_bytes: int, content: bytes | None) -> _Answer:
        import httpx

        headers = dict(self._api.headers)
        name, form = self._api.authorization
        headers[name] = form.format(self._api.token)
        try:
            with self._client.stream(
                method, url, headers=headers if self._own(url) else {}, content=content
            ) as response:
                body = self._read(response, most_bytes)
                next_url = response.links.get("next", {}).get("url", "")
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            raise StoreError(f"{method} {self._show(url)} cannot be sent", where=self._api.place) from error
        except httpx.RequestError as error:
            reason = self._public(str(error)) or type(error).__name__
            if "CERTIFICATE_VERIFY_FAILED" in reason:
                hint = "name the authority that your network trusts in SSL_CERT_FILE"
                raise StoreError(reason, where=self._api.place, hint=hint) from error
            raise TryAgain(f"{method} {self._show(url)} failed: {reason}") from error
        return _Answer(
            url=url, status=response.status_code, headers=response.headers, next_url=next_url, body=body
        )  # fmt: skip

    def _read(self, response: httpx.Response, most_bytes: int) -> bytes:
        body = bytearray()
        most = most_bytes if response.is_success else _MOST_ERROR_BYTES
        for chunk in response.iter_bytes():
            body += chunk
            if time.monotonic() > self._deadline:
                raise StoreError(f"it took longer than {self._api.time_limit_s:g} s", where=self._api.place)
            if len(body) <= most:
                continue
            if not response.is_success:
                break
            raise TooLargeError(f"its answer has more than {most} bytes", where=self._api.place)
        return bytes(body)

    def _sort_out(self, method: str, answer: _Answer) -> None:
        """Let good answers through; wait for a rate limit to end; raise `TryAgain` or `StatusError` for the others."""
        status = answer.status
        if 200 <= status < 300 or (status in _REDIRECTS and method == "GET"):
            return
        said = f"{method} {self._show(answer.url)} was answered with {status}{self._reason(answer)}"
        wait = seconds_to_wait(status, answer.headers, answer.body)
        if wait is not None:
            if time.monotonic() + wait >= self._deadline:
                hint = f"try again in {wait:.0f} s"
                raise StoreError(f"{said}: its rate limit is used up", where=self._api.place, hint=hint)
            self._api.backoff.sleep(wait)
        if wait is not None or status in _PASSING:
            raise TryAgain(said)
        own = self._own(answer.url)
        hint = self._api.cure if own and status in _REFUSED else ""
        raise StatusError(said, where=self._api.place, hint=hint, status=status, own=own)

    def _document(self, answer: _Answer) -> Any:
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            message = f"GET {self._show(answer.url)} was answered with something that is not JSON"
            raise StoreError(message, where=self._api.place, hint="check the API's address") from error

    def _reason(self, answer: _Answer) -> str:
        """What the API itself says in an error. Storage hosts repeat parts of the request, so they are not quoted."""
        if not self._own(answer.url):
            return ""
        try:
            document = json.loads(answer.body)
        except (ValueError, RecursionError):
            return ""
        said = document.get("message") or document.get("error") if isinstance(document, dict) else ""
        return f" ({self._public(str(said))})" if said else ""

    def _show(self, url: str) -> str:
        import httpx

        parts = httpx.URL(url)
        return visible(parts.path if self._own(url) else f"to {parts.host}")

    def _public(self, text: str) -> str:
        return inert(visible(without_userinfo(text.replace(self._api.token, "***"))))
