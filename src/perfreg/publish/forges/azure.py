"""Azure DevOps, the service and the server alike: threads and statuses of pull requests, and labels.

One thread is ours. It is active while there is bad news, which a branch policy may ask to be resolved, and closed
otherwise. Answers are read with care: nothing of them is trusted to be there.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from perfreg.errors import ForgeError
from perfreg.publish.forges import azure_pipelines, marker
from perfreg.publish.forges.dialect import FOLD_BYTES, unworn, without_charts, worn
from perfreg.publish.forges.forge import Answer, Comment, Extra, Outcome, PullRequest, Standing
from perfreg.publish.forges.kind import ForgeKind, Site
from perfreg.publish.forges.lacking import Issueless, Unfoldable
from perfreg.publish.forges.parts import commit as as_commit
from perfreg.publish.forges.parts import number as as_number
from perfreg.publish.forges.parts import part, shortened, text
from perfreg.publish.forges.patience import Patience
from perfreg.publish.forges.refusals import Access
from perfreg.publish.forges.rest import Rest

_VERSION = "api-version=7.1"
_STATES: Mapping[Outcome, str] = {"pass": "succeeded", "warn": "succeeded", "fail": "failed", "error": "error"}
_DESCRIPTION_LIMIT = 200
_PAGE = 100
_MOST_PAGES = 100
_TOKENS = ("PERFREG_TOKEN", "PERFREG_JOB_TOKEN", "SYSTEM_ACCESSTOKEN")
_WANTED = "hand the job's token to the step: env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}"
_CURE = "the build service needs the permission Contribute to pull requests in this repository"


class Azure(Unfoldable, Issueless):
    """A repository at Azure DevOps; the methods are those of `Forge`. ``request`` is the pull request at hand."""

    name = "azure"
    body_limit = 148_000 - FOLD_BYTES
    """Azure DevOps takes 150,000 characters."""
    lacks: frozenset[Extra] = frozenset(("issues", "decisions"))

    def __init__(self, rest: Rest, repository: str, request: int = 0) -> None:
        project, _, name = repository.partition("/")
        self._rest = rest
        self._repo = f"/{quote(project, safe='')}/_apis/git/repositories/{quote(name, safe='')}"
        self._at_hand = request
        self._me = ""
        self._web = ""

    def comments(self, number: int) -> list[Comment]:
        me = self._who()
        threads = self._list(self._rest.get(f"{self._request(number)}/threads?{_VERSION}"))
        found = [self._comment(each, number, me) for each in threads if _is_said(each)]
        return sorted(found, key=lambda comment: comment.id)

    def add_comment(self, number: int, body: str, landed: Callable[[], Comment | None]) -> Comment:
        comment = {"parentCommentId": 0, "content": _content(body), "commentType": "text"}
        document = {"comments": [comment], "status": _status(body)}
        made = self._rest.send("POST", f"{self._request(number)}/threads?{_VERSION}", document, landed)
        return made if isinstance(made, Comment) else self._comment(made, number, self._who())

    def edit_comment(self, comment: Comment, body: str) -> Comment:
        thread = self._thread(comment)
        self._rest.send("PATCH", f"{thread}/comments/1?{_VERSION}", {"content": _content(body)})
        made = self._rest.send("PATCH", f"{thread}?{_VERSION}", {"status": _status(body)})
        return self._comment(made, int(comment.node), self._who())

    def delete_comment(self, comment: Comment) -> None:
        self._gone(f"{self._thread(comment)}/comments/1?{_VERSION}")

    def answer(self, comment: Comment, answer: Answer) -> None:
        if answer == "accepted":
            self._rest.send("POST", f"{self._thread(comment)}/comments/1/likes?{_VERSION}")

    def pull_request(self, number: int) -> PullRequest:
        return self._pull_request(self._rest.get(f"{self._repo}/pullrequests/{number}?{_VERSION}"))

    def pull_request_from(self, owner: str, branch: str, commit: str) -> PullRequest | None:
        del owner
        ref = quote(f"refs/heads/{branch}", safe="")
        path = f"{self._repo}/pullrequests?searchCriteria.status=active&searchCriteria.sourceRefName={ref}&{_VERSION}"
        for page in range(_MOST_PAGES):
            listed = self._list(self._rest.get(f"{path}&$top={_PAGE}&$skip={page * _PAGE}"))
            for each in listed:
                if text(each, "lastMergeSourceCommit", "commitId") == commit:
                    return self._pull_request(each)
            if len(listed) < _PAGE:
                break
        return None

    def merged_in(self, commit: str) -> PullRequest | None:
        queries = {"queries": [{"type": "lastMergeCommit", "items": [commit]}]}
        answer = self._rest.send("POST", f"{self._repo}/pullrequestquery?{_VERSION}", queries)
        results = part(answer, "results")
        for result in results if isinstance(results, list) else ():
            for each in part(result, commit) or ():
                if text(each, "status") == "completed":
                    return self._pull_request(each)
        return None

    def may_write(self, login: str) -> bool:
        del login
        message = "Azure DevOps does not tell a job who may write to the repository"
        raise self._rest.refused(message, "accept with a commit's trailer Perf-Accept, or with perfreg baseline accept")

    def labelled_by(self, number: int, label: str) -> str:
        """Who gave a label is not told."""
        del number, label
        return "somebody"

    def add_label(self, number: int, label: str) -> None:
        self._rest.send("POST", f"{self._request(number)}/labels?{_VERSION}", {"name": label})

    def remove_label(self, number: int, label: str) -> None:
        self._gone(f"{self._request(number)}/labels/{quote(label, safe='')}?{_VERSION}")

    def show_standing(self, commit: str, standing: Standing) -> str:
        name = standing.context.partition("(")[2].rstrip(")") or "gate"
        body = {
            "state": _STATES[standing.outcome],
            "description": shortened(standing.title, _DESCRIPTION_LIMIT),
            "context": {"name": name, "genre": "perfreg"},
            **({"targetUrl": standing.url} if standing.url else {}),
        }
        if self._at_hand:
            # A policy can ask for this one; it belongs to the pull request, and so only to its newest commit.
            if self.pull_request(self._at_hand).head not in ("", commit):
                raise self._rest.refused(f"the pull request has moved on from {commit[:10]}", "")
            self._rest.send("POST", f"{self._request(self._at_hand)}/statuses?{_VERSION}", body)
            return "a pull request status"
        self._rest.send("POST", f"{self._repo}/commits/{quote(commit, safe='')}/statuses?{_VERSION}", body)
        return "a commit status"

    def _request(self, number: int) -> str:
        return f"{self._repo}/pullRequests/{number}"

    def _thread(self, comment: Comment) -> str:
        """The path of a thread; a comment is numbered as its thread is, and its other name is the pull request."""
        return f"{self._request(int(comment.node))}/threads/{comment.id}"

    def _gone(self, path: str) -> None:
        try:
            self._rest.send("DELETE", path)
        except ForgeError as error:
            if error.status not in (404, 410):
                raise

    def _who(self) -> str:
        """The identity that this token writes as."""
        if not self._me:
            self._me = text(self._rest.get("/_apis/connectionData"), "authenticatedUser", "id")
            if not self._me:
                raise self._rest.odd("GET /_apis/connectionData")
        return self._me

    def _list(self, document: Any) -> list[Any]:
        found = part(document, "value")
        if not isinstance(found, list):
            raise self._rest.odd("a request for a list")
        return found

    def _comment(self, thread: Any, request: int, me: str) -> Comment:
        found = as_number(thread, "id")
        if not found:
            raise self._rest.odd("a request")
        first = _first(thread)
        return Comment(
            id=found,
            node=str(request),
            author=text(first, "author", "uniqueName"),
            mine=text(first, "author", "id") == me,
            body=unworn(text(first, "content")),
            url=f"{self._web}/pullrequest/{request}?discussionId={found}" if self._web else "",
            written=text(thread, "publishedDate"),
        )

    def _pull_request(self, document: Any) -> PullRequest:
        found, labels = as_number(document, "pullRequestId"), part(document, "labels")
        if not found:
            raise self._rest.odd("a request")
        self._web = text(document, "repository", "webUrl") or self._web
        named = [each for each in labels if part(each, "active") is not False] if isinstance(labels, list) else []
        return PullRequest(
            number=found,
            head=as_commit(text(document, "lastMergeSourceCommit", "commitId")),
            source=text(document, "forkSource", "repository", "id") or text(document, "repository", "id"),
            target=text(document, "targetRefName").removeprefix("refs/heads/"),
            is_open=text(document, "status") == "active",
            labels=tuple(text(each, "name") for each in named),
        )


def _content(body: str) -> str:
    return without_charts(worn(body))


def _status(body: str) -> str:
    """Whether there is anything to resolve."""
    found = marker.first(body)
    return "active" if found is not None and found.alarm and not found.hidden else "closed"


def _first(thread: Any) -> Any:
    comments = part(thread, "comments")
    return comments[0] if isinstance(comments, list) and comments else None


def _is_said(thread: Any) -> bool:
    """Whether a thread begins with something that somebody has written and not deleted."""
    first = _first(thread)
    is_gone = part(thread, "isDeleted") is True or part(first, "isDeleted") is True
    return first is not None and not is_gone and part(first, "commentType") != "system"


def _open(site: Site, token: str, env: Mapping[str, str], patience: Patience) -> Azure:
    del env
    access = Access(name="Azure DevOps", url=site.home.api, token=token, wanted=_WANTED, cure=_CURE)
    access.check()
    # The token of a job has three parts; those that people make have one, and are a password.
    is_job = token.count(".") == 2
    value = f"Bearer {token}" if is_job else f"Basic {base64.b64encode(f':{token}'.encode()).decode()}"
    rest = Rest(access, {"Authorization": value, "X-TFS-FedAuthRedirect": "Suppress"}, patience)
    return Azure(rest, site.home.repository, site.occasion.number)


KIND = ForgeKind(name="azure", tokens=_TOKENS, here=azure_pipelines.site, home=azure_pipelines.home, open=_open)
