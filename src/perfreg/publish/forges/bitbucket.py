"""Bitbucket Cloud: comments on pull requests and build statuses.

It has no labels and its issues are going away. Its Markdown knows no HTML: nothing is hidden or folded, so our marker
becomes a link that has no text. Answers are read with care: nothing of them is trusted to be there.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from perfreg.errors import ForgeError
from perfreg.publish.forges.bitbucket_text import read, written
from perfreg.publish.forges.forge import Answer, Comment, Extra, Outcome, PullRequest, Standing
from perfreg.publish.forges.kind import ForgeKind, Home, Site
from perfreg.publish.forges.lacking import Issueless, Unfoldable
from perfreg.publish.forges.marker import safe_key, short
from perfreg.publish.forges.origin import Origin
from perfreg.publish.forges.parts import commit as as_commit
from perfreg.publish.forges.parts import number as as_number
from perfreg.publish.forges.parts import part, shortened, text
from perfreg.publish.forges.patience import Patience
from perfreg.publish.forges.refusals import Access
from perfreg.publish.forges.rest import Rest

PUBLIC = "https://api.bitbucket.org/2.0"

_HOST = "bitbucket.org"
_SHAPE = re.compile(r"(?P<path>[^/]+/[^/]+)(?:/pull-requests/\d+)?")
_STATES: Mapping[Outcome, str] = {"pass": "SUCCESSFUL", "warn": "SUCCESSFUL", "fail": "FAILED", "error": "FAILED"}
_DESCRIPTION_LIMIT = 255
_KEY_LIMIT = 40
_PAGE = 100
_MOST_PAGES = 100
_TOKENS = ("PERFREG_TOKEN", "PERFREG_JOB_TOKEN", "BITBUCKET_TOKEN")
_WANTED = "set PERFREG_TOKEN or BITBUCKET_TOKEN to an access token of the repository, or to user:app-password"
_CURE = "the token needs the scopes pullrequest:write and repository"
_NOT_TOLD = "Bitbucket does not tell a job who may write to the repository"


class Bitbucket(Unfoldable, Issueless):
    """A repository at Bitbucket Cloud; the methods are those of `Forge`."""

    name = "bitbucket"
    body_limit = 32_000
    """Bitbucket takes 32,768 characters."""
    lacks: frozenset[Extra] = frozenset(("labels", "issues", "decisions"))

    def __init__(self, rest: Rest, repository: str) -> None:
        workspace, _, name = repository.partition("/")
        self._rest = rest
        self._repo = f"/repositories/{quote(workspace, safe='')}/{quote(name, safe='')}"
        self._me: str | None = None

    def comments(self, number: int) -> list[Comment]:
        me = self._who()
        listed = self._pages(f"{self._request(number)}/comments")
        found = [self._comment(each, number, me) for each in listed if part(each, "deleted") is not True]
        return sorted(found, key=lambda comment: comment.id)

    def add_comment(self, number: int, body: str, landed: Callable[[], Comment | None]) -> Comment:
        document = {"content": {"raw": written(body)}}
        made = self._rest.send("POST", f"{self._request(number)}/comments", document, landed)
        return made if isinstance(made, Comment) else self._comment(made, number, self._who())

    def edit_comment(self, comment: Comment, body: str) -> Comment:
        made = self._rest.send("PUT", self._path(comment), {"content": {"raw": written(body)}})
        return self._comment(made, int(comment.node), self._who())

    def delete_comment(self, comment: Comment) -> None:
        try:
            self._rest.send("DELETE", self._path(comment))
        except ForgeError as error:
            if error.status not in (404, 410):
                raise

    def answer(self, comment: Comment, answer: Answer) -> None:
        """There are no reactions."""

    def pull_request(self, number: int) -> PullRequest:
        return self._pull_request(self._rest.get(self._request(number)))

    def pull_request_from(self, owner: str, branch: str, commit: str) -> PullRequest | None:
        del owner
        asked = f'state="OPEN" AND source.branch.name={_quoted(branch)}'
        listed = self._pages(f"{self._repo}/pullrequests", q=asked)
        found = map(self._pull_request, listed)
        return next((each for each in found if each.head == commit), None)

    def merged_in(self, commit: str) -> PullRequest | None:
        """Nobody could accept anything there: see `may_write`."""
        del commit
        return None

    def may_write(self, login: str) -> bool:
        del login
        hint = "accept with a commit's trailer Perf-Accept, or with perfreg baseline accept"
        raise self._rest.refused(_NOT_TOLD, hint)

    def labelled_by(self, number: int, label: str) -> str:
        del number, label
        return ""

    def add_label(self, number: int, label: str) -> None:
        """There are none; see `lacks`."""

    def remove_label(self, number: int, label: str) -> None:
        """As `add_label`."""

    def show_standing(self, commit: str, standing: Standing) -> str:
        key = safe_key(standing.context)
        body = {
            "key": key if len(key) <= _KEY_LIMIT else short(key),
            "name": standing.context,
            "state": _STATES[standing.outcome],
            "description": shortened(standing.title, _DESCRIPTION_LIMIT),
            "url": standing.url or f"https://{_HOST}{self._repo.removeprefix('/repositories')}",
        }
        self._rest.send("POST", f"{self._repo}/commit/{quote(commit, safe='')}/statuses/build", body)
        return "a build status"

    def _request(self, number: int) -> str:
        return f"{self._repo}/pullrequests/{number}"

    def _path(self, comment: Comment) -> str:
        return f"{self._request(int(comment.node))}/comments/{comment.id}"

    def _pages(self, path: str, **query: str) -> list[Any]:
        """The entries of a list. Its pages are counted; the address that each gives of the next is not followed."""
        entries: list[Any] = []
        for page in range(1, _MOST_PAGES + 1):
            document = self._rest.get(path, **query, pagelen=_PAGE, page=page)
            values = part(document, "values")
            if not isinstance(values, list):
                raise self._rest.odd(f"GET {path}")
            entries += values
            if not text(document, "next"):
                break
        return entries

    def _who(self) -> str:
        """The account that this token writes as; empty for tokens of a repository, which may not ask."""
        if self._me is None:
            try:
                self._me = text(self._rest.get("/user"), "uuid")
            except ForgeError as error:
                if error.status not in (401, 403, 404):
                    raise
                self._me = ""
        return self._me

    def _comment(self, document: Any, request: int, me: str) -> Comment:
        author = text(document, "user", "uuid")
        return Comment(
            id=self._number(document, "id"),
            node=str(request),
            author=text(document, "user", "nickname"),
            # Tokens of a repository write as bots, and no person can pass for one.
            mine=author == me if me else text(document, "user", "type") not in ("", "user"),
            body=read(text(document, "content", "raw")),
            url=text(document, "links", "html", "href"),
            written=text(document, "created_on"),
        )

    def _pull_request(self, document: Any) -> PullRequest:
        return PullRequest(
            number=self._number(document, "id"),
            head=self._whole(text(document, "source", "commit", "hash")),
            source=text(document, "source", "repository", "full_name"),
            target=text(document, "destination", "branch", "name"),
            is_open=text(document, "state") == "OPEN",
            labels=(),
        )

    def _whole(self, commit: str) -> str:
        """All of a commit's name; a pull request has only the beginning of it."""
        if not commit or as_commit(commit):
            return commit
        return text(self._rest.get(f"{self._repo}/commit/{quote(commit, safe='')}"), "hash")

    def _number(self, document: Any, name: str) -> int:
        found = as_number(document, name)
        if not found:
            raise self._rest.odd("a request")
        return found


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _nowhere(env: Mapping[str, str]) -> Site | None:
    """Bitbucket's own pipelines are not read."""
    del env
    return None


def _home(origin: Origin, sure: bool) -> Home | None:  # noqa: FBT001 - the shape of `ForgeKind.home`
    found = _SHAPE.fullmatch(origin.path)
    if origin.host != _HOST or found is None:
        if sure or origin.is_named("bitbucket") or "/pull-requests/" in f"{origin.path}/":
            hint = "post the report yourself: perfreg report RESULT --format markdown"
            raise ForgeError("Bitbucket Data Center is not supported, only bitbucket.org", where=origin.host, hint=hint)
        return None
    return Home(api=PUBLIC, repository=found["path"])


def _open(site: Site, token: str, env: Mapping[str, str], patience: Patience) -> Bitbucket:
    del env
    access = Access(name="Bitbucket", url=site.home.api, token=token, wanted=_WANTED, cure=_CURE)
    access.check()
    is_person = ":" in token
    value = f"Basic {base64.b64encode(token.encode()).decode()}" if is_person else f"Bearer {token}"
    return Bitbucket(Rest(access, {"Authorization": value}, patience), site.home.repository)


KIND = ForgeKind(name="bitbucket", tokens=_TOKENS, here=_nowhere, home=_home, public=PUBLIC, open=_open)
