"""GitHub, github.com and GitHub Enterprise Server alike, and whatever else speaks its API (Gitea, Forgejo).

Where a host has no GraphQL or no Checks API, or the token may not use it, the next best way is taken. Answers are
read with care: nothing of them is trusted to be there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from perfreg.errors import ForgeError
from perfreg.publish.forges.forge import Answer, Comment, Extra, Issue, Outcome, PullRequest, Reason, Standing
from perfreg.publish.forges.github_api import GitHubApi

_BOT = "github-actions[bot]"
_REFUSED = frozenset((400, 401, 403, 404, 405, 422))
_WRITERS = frozenset(("owner", "admin", "maintain", "write"))  # Gitea has owners
_CLASSIFIERS: Mapping[Reason, str] = {"outdated": "OUTDATED", "resolved": "RESOLVED", "duplicate": "DUPLICATE"}
_REACTIONS: Mapping[Answer, str] = {"accepted": "+1", "refused": "-1"}
_CONCLUSIONS: Mapping[Outcome, str] = {"pass": "success", "warn": "neutral", "fail": "failure", "error": "failure"}
_STATES: Mapping[Outcome, str] = {"pass": "success", "warn": "success", "fail": "failure", "error": "error"}
_DESCRIPTION_LIMIT = 140
_SUMMARY_LIMIT = 60_000
_HIDE = """mutation($id: ID!, $why: ReportedContentClassifiers!) {
  minimizeComment(input: {subjectId: $id, classifier: $why}) { minimizedComment { isMinimized } } }"""
_SHOW = "mutation($id: ID!) { unminimizeComment(input: {subjectId: $id}) { unminimizedComment { isMinimized } } }"


class GitHub:
    """A repository at GitHub; the methods are those of `Forge`."""

    name = "github"
    body_limit = 65_000
    """GitHub takes 65,536 characters; bytes are never fewer than those."""
    lacks: frozenset[Extra] = frozenset()

    def __init__(self, api: GitHubApi, repository: str) -> None:
        owner, _, name = repository.partition("/")
        self._api = api
        self._repo = f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}"
        self._me = ""

    def comments(self, number: int) -> list[Comment]:
        me = self._who()
        found = [self._comment(each, me) for each in self._api.pages(f"{self._repo}/issues/{number}/comments")]
        return sorted(found, key=lambda comment: comment.id)

    def add_comment(self, number: int, body: str, landed: Callable[[], Comment | None]) -> Comment:
        made = self._api.send("POST", f"{self._repo}/issues/{number}/comments", {"body": body}, landed)
        return made if isinstance(made, Comment) else self._comment(made, self._who())

    def edit_comment(self, comment: Comment, body: str) -> Comment:
        path = f"{self._repo}/issues/comments/{comment.id}"
        return self._comment(self._api.send("PATCH", path, {"body": body}), self._who())

    def delete_comment(self, comment: Comment) -> None:
        self._gone("DELETE", f"{self._repo}/issues/comments/{comment.id}")

    def hide_comment(self, comment: Comment, reason: Reason) -> None:
        self._api.graphql(_HIDE, id=comment.node, why=_CLASSIFIERS[reason])

    def show_comment(self, comment: Comment) -> None:
        self._api.graphql(_SHOW, id=comment.node)

    def answer(self, comment: Comment, answer: Answer) -> None:
        path = f"{self._repo}/issues/comments/{comment.id}/reactions"
        self._api.send("POST", path, {"content": _REACTIONS[answer]})

    def pull_request(self, number: int) -> PullRequest:
        return self._pull_request(self._api.get(f"{self._repo}/pulls/{number}"))

    def pull_request_from(self, owner: str, branch: str, commit: str) -> PullRequest | None:
        listed = self._api.pages(f"{self._repo}/pulls", state="open", head=f"{owner}:{branch}")
        return next((each for each in map(self._pull_request, listed) if each.head == commit), None)

    def merged_in(self, commit: str) -> PullRequest | None:
        for each in self._api.pages(f"{self._repo}/commits/{quote(commit, safe='')}/pulls"):
            if _part(each, "merged_at") and _part(each, "merge_commit_sha") == commit:
                return self._pull_request(each)
        return None

    def may_write(self, login: str) -> bool:
        try:
            answer = self._api.get(f"{self._repo}/collaborators/{quote(login, safe='')}/permission")
        except ForgeError as error:
            if error.status == 404:
                return False
            raise
        return _part(answer, "permission") in _WRITERS

    def labelled_by(self, number: int, label: str) -> str:
        actor = ""
        for event in self._api.pages(f"{self._repo}/issues/{number}/events"):
            if _part(event, "event") == "labeled" and _part(event, "label", "name") == label:
                actor = _text(event, "actor", "login")
        return actor

    def add_label(self, number: int, label: str) -> None:
        self._api.send("POST", f"{self._repo}/issues/{number}/labels", {"labels": [label]})

    def remove_label(self, number: int, label: str) -> None:
        self._gone("DELETE", f"{self._repo}/issues/{number}/labels/{quote(label, safe='')}")

    def show_standing(self, commit: str, standing: Standing) -> str:
        try:
            self._check_run(commit, standing)
        except ForgeError as error:
            if error.status not in _REFUSED:
                raise
        else:
            return "a check run"
        return self._status(commit, standing)

    def _status(self, commit: str, standing: Standing) -> str:
        body = {
            "state": _STATES[standing.outcome],
            "context": standing.context,
            "description": _shortened(standing.title, _DESCRIPTION_LIMIT),
            **({"target_url": standing.url} if standing.url else {}),
        }
        self._api.send("POST", f"{self._repo}/statuses/{quote(commit, safe='')}", body)
        return "a commit status"

    def _check_run(self, commit: str, standing: Standing) -> None:
        body = {
            "name": standing.context,
            "head_sha": commit,
            "status": "completed",
            "conclusion": "neutral" if standing.is_void else _CONCLUSIONS[standing.outcome],
            "output": {"title": standing.title, "summary": _shortened(standing.text, _SUMMARY_LIMIT)},
            **({"details_url": standing.url} if standing.url else {}),
        }
        self._api.send("POST", f"{self._repo}/check-runs", body)

    def issues(self, label: str) -> list[Issue]:
        me, path = self._who(), f"{self._repo}/issues"
        listed = self._api.pages(path, state="open", labels=label)
        listed += self._api.newest(path, state="closed", labels=label, sort="updated", direction="desc")
        return [self._issue(each, me) for each in listed if not _part(each, "pull_request")]

    def open_issue(self, title: str, body: str, label: str, landed: Callable[[], Issue | None]) -> Issue:
        document = {"title": title, "body": body, "labels": [label]}
        made = self._api.send("POST", f"{self._repo}/issues", document, landed)
        return made if isinstance(made, Issue) else self._issue(made, self._who())

    def edit_issue(self, issue: Issue, body: str) -> None:
        self._api.send("PATCH", f"{self._repo}/issues/{issue.number}", {"body": body, "state": "open"})

    def comment_on_issue(self, issue: Issue, body: str) -> None:
        self.add_comment(issue.number, body, landed=lambda: None)

    def close_issue(self, issue: Issue) -> None:
        document = {"state": "closed", "state_reason": "completed"}
        self._api.send("PATCH", f"{self._repo}/issues/{issue.number}", document)

    def _gone(self, method: str, path: str) -> None:
        try:
            self._api.send(method, path)
        except ForgeError as error:
            if error.status not in (404, 410):
                raise

    def _who(self) -> str:
        """The name under which this token writes. A job's own token may not ask the REST API for it."""
        if not self._me:
            self._me = self._viewer() or self._user() or _BOT
        return self._me

    def _viewer(self) -> str:
        try:
            return _text(self._api.graphql("query { viewer { login } }"), "viewer", "login")
        except ForgeError as error:
            if error.passing:
                raise
            return ""

    def _user(self) -> str:
        try:
            return _text(self._api.get("/user"), "login")
        except ForgeError as error:
            if error.status not in _REFUSED:
                raise
            return ""

    def _comment(self, document: Any, me: str) -> Comment:
        return Comment(
            id=self._number(document, "id"),
            node=_text(document, "node_id"),
            author=_text(document, "user", "login"),
            mine=_same(document, me),
            body=_text(document, "body"),
            url=_text(document, "html_url"),
            written=_text(document, "created_at"),
        )

    def _issue(self, document: Any, me: str) -> Issue:
        return Issue(
            number=self._number(document, "number"),
            mine=_same(document, me),
            body=_text(document, "body"),
            url=_text(document, "html_url"),
            is_open=_part(document, "state") != "closed",
        )

    def _pull_request(self, document: Any) -> PullRequest:
        labels = _part(document, "labels")
        return PullRequest(
            number=self._number(document, "number"),
            head=_text(document, "head", "sha"),
            source=_text(document, "head", "repo", "full_name"),
            target=_text(document, "base", "ref"),
            is_open=_part(document, "state") == "open",
            labels=tuple(_text(label, "name") for label in labels) if isinstance(labels, list) else (),
        )

    def _number(self, document: Any, name: str) -> int:
        number = _part(document, name)
        if not isinstance(number, int):
            raise self._api.odd("a request")
        return number


def _same(document: Any, me: str) -> bool:
    """Whether ``me`` wrote it. The two APIs differ on whether the name of a bot says so."""
    login = _text(document, "user", "login")
    if _part(document, "user", "type") == "Bot":
        return login.removesuffix("[bot]") == me.removesuffix("[bot]")
    return bool(login) and login == me


def _part(document: Any, *path: str) -> Any:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _text(document: Any, *path: str) -> str:
    found = _part(document, *path)
    return found if isinstance(found, str) else ""


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
