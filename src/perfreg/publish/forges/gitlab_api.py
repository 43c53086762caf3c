"""GitLab's REST API through python-gitlab: each failure becomes one `ForgeError`, and what passes is retried.

Addresses that an answer names are never followed: the token would go with the request wherever they lead. Pages are
counted, and a redirect is an error. The library's own retries are off: they know no deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from perfreg import __version__
from perfreg.errors import ForgeError
from perfreg.publish.forges.patience import Patience
from perfreg.publish.forges.refusals import Access

if TYPE_CHECKING:
    import gitlab
    import requests

T = TypeVar("T")

TIMEOUT_S = 20
_PAGE = 100
_MOST_PAGES = 100
_ROOT = "/api/v4"


class GitLabApi:
    """Requests to the API. Every method raises `ForgeError`."""

    def __init__(self, access: Access, patience: Patience) -> None:
        self._access = access
        self._patience = patience
        self._headers: Mapping[str, str] = {}
        self._gitlab = self._connect()

    def _connect(self) -> gitlab.Gitlab:
        self._access.check()
        try:
            from gitlab import Gitlab
        except ImportError as error:
            hint = "install it with: pip install 'perfreg[gitlab]'"
            raise ForgeError("python-gitlab is not installed", where=self._access.place, hint=hint) from error
        if not self._access.url.endswith(_ROOT):
            hint = "it has the form https://host/api/v4"
            raise ForgeError("the API's address is not usable", where=self._access.place, hint=hint)
        host = Gitlab(
            url=self._access.url.removesuffix(_ROOT),
            private_token=self._access.token,
            timeout=TIMEOUT_S,
            user_agent=f"perfreg/{__version__}",
            retry_transient_errors=False,
        )
        host.session.max_redirects = 0
        host.session.hooks["response"].append(self._note)
        return host

    def _note(self, response: requests.Response, *_: object, **__: object) -> None:
        """Keep the headers: the library's errors have none, and they say how long to wait."""
        self._headers = {name.lower(): value for name, value in response.headers.items()}

    def get(self, path: str) -> Any:
        """The document at ``path``."""
        return self._persist(f"GET {path}", lambda: self._ask("get", path).json())

    def pages(self, path: str, **query: str) -> list[Any]:
        """The entries of a list, all pages of it."""
        return self._persist(f"GET {path}", lambda: list(self._entries(path, query, _MOST_PAGES)))

    def newest(self, path: str, **query: str) -> list[Any]:
        """The entries of a list's first page, which ``query`` has to put into order."""
        return self._persist(f"GET {path}", lambda: list(self._entries(path, query, 1)))

    def _entries(self, path: str, query: Mapping[str, str], most: int) -> Iterator[Any]:
        for number in range(1, most + 1):
            response = self._ask("get", path, {**query, "per_page": _PAGE, "page": number})
            entries = response.json()
            if not isinstance(entries, list):
                raise TypeError("not a list")
            yield from entries
            if "next" not in response.links:
                return

    def send(self, method: str, path: str, body: Any = None, landed: Callable[[], Any] | None = None) -> Any:
        """What is answered to a request that changes something; ``landed`` as for `Forge`."""

        def work() -> Any:
            response = self._ask(method.lower(), path, body=body)
            return response.json() if response.content else None

        return self._persist(f"{method} {path}", work, landed)

    def odd(self, what: str) -> ForgeError:
        """The error for an answer of the wrong shape."""
        return self._access.odd(what)

    def _ask(self, verb: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None) -> requests.Response:
        return self._gitlab.http_request(
            verb, path, query_data=dict(query or {}), post_data=body, obey_rate_limit=False, max_retries=0
        )

    def _persist(self, what: str, work: Callable[[], T], landed: Callable[[], T | None] | None = None) -> T:
        return self._patience.persist(lambda: self._once(what, work), landed)

    def _once(self, what: str, work: Callable[[], T]) -> T:
        from gitlab.exceptions import GitlabError
        from requests import RequestException
        from requests.exceptions import JSONDecodeError, TooManyRedirects

        try:
            return work()
        except GitlabError as error:
            if not error.response_code:
                raise self._access.odd(what) from error
            body = error.response_body or b""
            reason = "" if body.lstrip().startswith(b"<") else str(error.error_message)
            raise self._access.refusal(what, error.response_code, self._headers, reason, body) from error
        except (JSONDecodeError, TooManyRedirects, ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._access.odd(what) from error
        except RequestException as error:
            raise self._access.broken(what, error) from error
