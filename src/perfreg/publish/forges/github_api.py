"""GitHub's REST and GraphQL APIs through PyGithub: each failure becomes one `ForgeError`, and what passes is retried.

PyGithub sends the token to the API's own host alone, follows no redirects elsewhere and pauses between writes as
GitHub asks for. Its own retries are off: they know no deadline.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from perfreg import __version__
from perfreg.config.secrecy import without_userinfo
from perfreg.errors import ForgeError
from perfreg.publish.forges.patience import Patience
from perfreg.publish.stores.rate_limit import seconds_to_wait
from perfreg.report.escape import inert, visible

if TYPE_CHECKING:
    from github.GithubException import GithubException
    from github.Requester import Requester

T = TypeVar("T")

_TIMEOUT_S = 20
_PAGE = 100
_MOST_PAGES = 100
_PASSING = frozenset((408, 500, 502, 503, 504))
_REFUSED = frozenset((401, 403, 404))
_CURE = "give the job the permissions that docs/publishing.md lists, or another token"
_ODD = (AssertionError, ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError)
"""What PyGithub raises for answers that are none, and for links to other hosts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where the API is and who asks. ``pause_s`` lies between two writes: GitHub asks for a second."""

    url: str
    token: str = field(repr=False)
    pause_s: float = 1.0


class GitHubApi:
    """Requests to the API. Every method raises `ForgeError`."""

    def __init__(self, access: Access, patience: Patience) -> None:
        self._access = access
        self._patience = patience
        self.place = f"GitHub at {visible(urlsplit(access.url).hostname or access.url)}"
        self._requester = self._connect()

    def _connect(self) -> Requester:
        try:
            from github import Auth, Github
        except ImportError as error:
            hint = "install it with: pip install 'perfreg[github]'"
            raise ForgeError("PyGithub is not installed", where=self.place, hint=hint) from error
        token = self._access.token
        if not token:
            raise ForgeError("there is no token", where=self.place, hint="set PERFREG_TOKEN or GITHUB_TOKEN")
        if not (token.isascii() and token.isprintable()) or " " in token:
            hint = "store it again, without the line break or space around it"
            raise ForgeError("the token has characters that no token has", where=self.place, hint=hint)
        try:
            hub = Github(
                auth=Auth.Token(token),
                base_url=self._access.url,
                user_agent=f"perfreg/{__version__}",
                timeout=_TIMEOUT_S,
                retry=None,
                seconds_between_requests=0,
                seconds_between_writes=self._access.pause_s,
            )
        except _ODD as error:
            hint = "it has the form https://host/path"
            raise ForgeError("the API's address is not usable", where=self.place, hint=hint) from error
        return hub.requester

    def get(self, path: str) -> Any:
        """The document at ``path``."""
        return self._persist(f"GET {path}", lambda: self._requester.requestJsonAndCheck("GET", path))[1]

    def pages(self, path: str, **query: str) -> list[Any]:
        """The entries of a list, all pages of it."""
        return self._persist(f"GET {path}", lambda: list(self._entries(path, query, _MOST_PAGES)))

    def newest(self, path: str, **query: str) -> list[Any]:
        """The entries of a list's first page, which ``query`` has to put into order."""
        return self._persist(f"GET {path}", lambda: list(self._entries(path, query, 1)))

    def _entries(self, path: str, query: Mapping[str, str], most: int) -> Iterator[Any]:
        from requests.utils import parse_header_links

        url: str = path
        parameters: dict[str, str | int] = {**query, "per_page": _PAGE}
        for _ in range(most):
            headers, entries = self._requester.requestJsonAndCheck("GET", url, parameters=parameters)
            if not isinstance(entries, list):
                raise TypeError("not a list")
            yield from entries
            links = {link.get("rel"): link["url"] for link in parse_header_links(headers.get("link", ""))}
            if "next" not in links:
                return
            url, parameters = links["next"], {}

    def send(self, method: str, path: str, body: Any = None, landed: Callable[[], Any] | None = None) -> Any:
        """What is answered to a request that changes something; ``landed`` as for `Forge`."""
        work = lambda: self._requester.requestJsonAndCheck(method, path, input=body)[1]  # noqa: E731 - as above
        return self._persist(f"{method} {path}", work, landed)

    def graphql(self, query: str, **variables: str) -> Any:
        """The data that GraphQL answers with."""
        answer: Any = self._persist("GraphQL", lambda: self._requester.graphql_query(query, variables))[1]
        return answer.get("data") if isinstance(answer, dict) else None

    def odd(self, what: str) -> ForgeError:
        """The error for an answer of the wrong shape."""
        return ForgeError(f"{what} was answered with something else", where=self.place, hint="check GITHUB_API_URL")

    def _persist(self, what: str, work: Callable[[], T], landed: Callable[[], T | None] | None = None) -> T:
        what = visible(what)
        return self._patience.persist(lambda: self._once(what, work), landed)

    def _once(self, what: str, work: Callable[[], T]) -> T:
        from github import GithubException
        from github.GithubException import BadAttributeException
        from requests import RequestException

        try:
            return work()
        except GithubException as error:
            raise self._refusal(what, error) from error
        except RequestException as error:
            # What is told of a failed connection may hold the URL of a proxy, and so its password.
            message = f"{what} failed: {type(error).__name__}"
            raise ForgeError(message, where=self.place, passing=True) from error
        except (BadAttributeException, *_ODD) as error:
            raise self.odd(what) from error

    def _refusal(self, what: str, error: GithubException) -> ForgeError:
        headers = {str(name).lower(): str(value) for name, value in (error.headers or {}).items()}
        wait = seconds_to_wait(error.status, headers, json.dumps(error.data, default=str).lower().encode())
        said = error.data.get("message") if isinstance(error.data, dict) else ""
        reason = f" ({self._public(str(said))})" if said else ""
        return ForgeError(
            f"{what} was answered with {error.status}{reason}",
            where=self.place,
            hint=_CURE if wait is None and error.status in _REFUSED else "",
            status=error.status,
            passing=wait is not None or error.status in _PASSING,
            wait_s=wait,
        )

    def _public(self, text: str) -> str:
        return inert(visible(without_userinfo(text.replace(self._access.token, "***"))))
