"""A GitHub on loopback, with state: one repository, its pull requests, issues, comments, labels, checks and people.

Every request and every answer is held against GitHub's published description of its API (`description`). What goes
wrong is decided by the test: `GitHub.forbid` switches operations off, `GitHub.fail` breaks the next ones, and the
server's ``faults`` break whatever comes next.
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.support.github import description, documents
from tests.support.github.documents import HEAD, ME, REPOSITORY, Note, Thread, error
from tests.support.github.excerpt import REPO
from tests.support.rest_server import Reply, Request, Running, serve

TOKEN = "ghs_2yQ0ForTestsOnly"
_BODY_LIMIT = 65_536
_CLASSIFIERS = {"SPAM", "ABUSE", "OFF_TOPIC", "OUTDATED", "DUPLICATE", "RESOLVED"}
"""GraphQL's ReportedContentClassifiers."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request, the parameters in its path, and its document."""

    path: dict[str, str]
    request: Request
    body: Any


@dataclass
class GitHub:
    """The state of the fake, and the server behind it."""

    api: Running
    prefix: str = ""
    me: str = ME
    has_graphql: bool = True
    page_size: int = 100
    threads: dict[int, Thread] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    permissions: dict[str, str] = field(default_factory=dict)
    check_runs: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """The operations, in order."""
    between: list[Callable[[], None]] = field(default_factory=list)
    """What others do after the next comment was listed: races."""
    problems: list[str] = field(default_factory=list)
    _forbidden: dict[str, int] = field(default_factory=dict)
    _broken: defaultdict[str, deque[Reply]] = field(default_factory=lambda: defaultdict(deque))
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(9001))

    @property
    def url(self) -> str:
        """What a job finds in ``GITHUB_API_URL``."""
        return f"{self.api.url}{self.prefix}"

    def pull(self, number: int = 42, **facts: Any) -> Thread:
        """A pull request."""
        return self._thread(number, head=facts.pop("head", HEAD), **facts)

    def issue(self, number: int, **facts: Any) -> Thread:
        """An issue."""
        return self._thread(number, **facts)

    def _thread(self, number: int, **facts: Any) -> Thread:
        self.threads[number] = Thread(number=number, **facts)
        return self.threads[number]

    def write(self, number: int, author: str, body: str) -> Note:
        """Somebody comments."""
        self.notes.append(Note(id=next(self._ids), number=number, author=author, body=body))
        return self.notes[-1]

    def bodies(self, author: str = "") -> list[str]:
        """The comments of somebody, oldest first."""
        return [note.body for note in self.notes if note.author == (author or self.me)]

    def forbid(self, *operations: str, status: int = 403) -> None:
        """Refuse these operations from now on, as to a token without their permission."""
        self._forbidden.update(dict.fromkeys(operations, status))

    def fail(self, operation: str, *replies: Reply) -> None:
        """Answer the next uses of an operation with these."""
        self._broken[operation].extend(replies)

    def route(self, request: Request) -> Reply:
        """Answer one request; what breaks the description is kept in ``problems`` for the end of the test."""
        try:
            return self._route(request)
        except AssertionError as error:
            self.problems.append(str(error))
            return Reply.json({"message": f"the test fails: {error}"}, 400)

    def _route(self, request: Request) -> Reply:
        assert request.headers.get("user-agent", "").startswith("perfreg/")
        body = json.loads(request.body) if request.body else None
        if request.path.endswith("/graphql"):
            self.asked.append("graphql")
            reply = self._broken["graphql"].popleft() if self._broken["graphql"] else self._graphql(body)
            return reply if TOKEN in request.headers.get("authorization", "") else error(401, "Bad credentials")
        assert request.path.startswith(f"{self.prefix}/"), f"{request.path} is not below {self.prefix}"
        name, path = description.operation(request.method, request.path.removeprefix(self.prefix))
        description.check_request(name, request.query, body)
        self.asked.append(name)
        if self._broken[name]:
            return self._broken[name].popleft()
        reply = self._answer(name, path, request, body)
        description.check_answer(name, reply.status, json.loads(reply.body) if reply.body else None)
        return reply

    def _answer(self, name: str, path: dict[str, str], request: Request, body: Any) -> Reply:
        if request.headers.get("authorization") != f"token {TOKEN}":
            return error(401, "Bad credentials")
        if name in self._forbidden:
            status = self._forbidden[name]
            return error(status, "Resource not accessible by integration" if status == 403 else "Not Found")
        if "owner" in path and f"{path['owner']}/{path['repo']}" != REPOSITORY:
            return error(404, "Not Found")
        return getattr(self, _METHODS[name])(Ask(path=path, request=request, body=body))  # type: ignore[no-any-return]

    def _user(self, ask: Ask) -> Reply:
        del ask
        if self.me.endswith("[bot]"):
            return error(403, "Resource not accessible by integration")
        return Reply.json(description.filled("private-user", login=self.me, type="User"))

    def _list_comments(self, ask: Ask) -> Reply:
        number = int(ask.path["issue_number"])
        if number not in self.threads:
            return error(404, "Not Found")
        reply = self._page(
            ask.request, [documents.comment(self.url, note) for note in self.notes if note.number == number]
        )
        if self.between:
            self.between.pop(0)()
        return reply

    def _add_comment(self, ask: Ask) -> Reply:
        if int(ask.path["issue_number"]) not in self.threads:
            return error(404, "Not Found")
        if len(ask.body["body"]) > _BODY_LIMIT:
            return error(422, "Validation Failed: body is too long (maximum is 65536 characters)")
        return Reply.json(
            documents.comment(self.url, self.write(int(ask.path["issue_number"]), self.me, ask.body["body"])), 201
        )

    def _edit_comment(self, ask: Ask) -> Reply:
        note = self._note(ask)
        if note is None:
            return error(404, "Not Found")
        if note.author != self.me:
            return error(403, "Must have admin rights to Repository.")
        note.body = ask.body["body"]
        return Reply.json(documents.comment(self.url, note))

    def _delete_comment(self, ask: Ask) -> Reply:
        note = self._note(ask)
        if note is None:
            return error(404, "Not Found")
        self.notes.remove(note)
        return Reply(status=204)

    def _react(self, ask: Ask) -> Reply:
        note = self._note(ask)
        if note is None:
            return error(404, "Not Found")
        note.reactions.append(ask.body["content"])
        return Reply.json(description.filled("reaction", content=ask.body["content"]), 201)

    def _list_pulls(self, ask: Ask) -> Reply:
        wanted = ask.request.query
        found = [
            thread
            for thread in self.threads.values()
            if thread.is_pull
            and wanted.get("state", "open") in (thread.state, "all")
            and wanted.get("head", f"{_owner(thread)}:{thread.branch}") == f"{_owner(thread)}:{thread.branch}"
        ]
        return self._page(ask.request, [documents.pull(thread, "pull-request-simple") for thread in found])

    def _get_pull(self, ask: Ask) -> Reply:
        thread = self.threads.get(int(ask.path["pull_number"]))
        if thread is None or not thread.is_pull:
            return error(404, "Not Found")
        return Reply.json(documents.pull(thread, "pull-request"))

    def _pulls_of(self, ask: Ask) -> Reply:
        found = [each for each in self.threads.values() if ask.path["commit_sha"] in (each.head, each.merged_as)]
        return self._page(ask.request, [documents.pull(thread, "pull-request-simple") for thread in found])

    def _permission(self, ask: Ask) -> Reply:
        permission = self.permissions.get(ask.path["username"])
        if permission is None:
            return error(404, "Not Found")
        facts = {"permission": permission, "role_name": permission, "user": None}
        return Reply.json(description.filled("repository-collaborator-permission", **facts))

    def _status(self, ask: Ask) -> Reply:
        assert len(ask.body.get("description") or "") <= 140
        self.statuses.append((ask.path["sha"], ask.body))
        return Reply.json(description.filled("status", state=ask.body["state"]), 201)

    def _check_run(self, ask: Ask) -> Reply:
        self.check_runs.append(ask.body)
        facts = {"name": ask.body["name"], "head_sha": ask.body["head_sha"], "conclusion": ask.body["conclusion"]}
        return Reply.json(description.filled("check-run", **facts), 201)

    def _labels(self, ask: Ask) -> Reply:
        thread = self.threads.get(int(ask.path["issue_number"]))
        if thread is None:
            return error(404, "Not Found")
        for label in ask.body["labels"] if ask.body else ():
            if label not in thread.labels:
                thread.labels.append(label)
                thread.labelled.append((self.me, label))
        return Reply.json([documents.label(name) for name in thread.labels])

    def _remove_label(self, ask: Ask) -> Reply:
        thread = self.threads.get(int(ask.path["issue_number"]))
        if thread is None or ask.path["name"] not in thread.labels:
            return error(404, "Label does not exist")
        thread.labels.remove(ask.path["name"])
        return Reply.json([documents.label(name) for name in thread.labels])

    def _events(self, ask: Ask) -> Reply:
        thread = self.threads[int(ask.path["issue_number"])]
        events = [
            description.filled(
                "labeled-issue-event",
                event="labeled",
                actor=documents.user(actor),
                label={"name": label, "color": "cccccc"},
            )
            for actor, label in thread.labelled
        ]
        return self._page(ask.request, events)

    def _list_issues(self, ask: Ask) -> Reply:
        wanted = set(filter(None, ask.request.query.get("labels", "").split(",")))
        found = [
            each
            for each in self.threads.values()
            if each.state == ask.request.query.get("state", "open") and wanted <= set(each.labels)
        ]
        return self._page(ask.request, [documents.issue(thread) for thread in found])

    def _open_issue(self, ask: Ask) -> Reply:
        if len(ask.body["body"]) > _BODY_LIMIT:
            return error(422, "Validation Failed: body is too long (maximum is 65536 characters)")
        number = max(self.threads, default=0) + 1
        thread = self.issue(
            number, author=self.me, title=ask.body["title"], body=ask.body["body"], labels=ask.body["labels"]
        )
        return Reply.json(documents.issue(thread), 201)

    def _edit_issue(self, ask: Ask) -> Reply:
        thread = self.threads.get(int(ask.path["issue_number"]))
        if thread is None:
            return error(404, "Not Found")
        thread.body, thread.state = ask.body.get("body", thread.body), ask.body.get("state", thread.state)
        return Reply.json(documents.issue(thread))

    def _graphql(self, body: Any) -> Reply:
        if not self.has_graphql:
            return error(404, "Not Found")
        assert body.keys() == {"query", "variables"}
        query, variables = body["query"], body["variables"]
        if "viewer" in query:
            return Reply.json({"data": {"viewer": {"login": self.me}}})
        note = next((note for note in self.notes if f"IC_{note.id}" == variables["id"]), None)
        if note is None:
            problem = {"type": "NOT_FOUND", "message": "Could not resolve to a node"}
            return Reply.json({"data": None, "errors": [problem]})
        assert ("unminimizeComment" in query) != ("minimizeComment(" in query.replace("unminimizeComment", ""))
        assert variables.get("why", "OUTDATED") in _CLASSIFIERS
        note.minimized = "" if "unminimizeComment" in query else variables["why"]
        member = "unminimizedComment" if "unminimizeComment" in query else "minimizedComment"
        done = {member: {"isMinimized": bool(note.minimized)}}
        return Reply.json({"data": {query.partition("{")[2].split("(")[0].strip(): done}})

    def _page(self, request: Request, entries: list[Any]) -> Reply:
        size = min(int(request.query.get("per_page", "30")), self.page_size)
        page = int(request.query.get("page", "1"))
        link = ""
        if page * size < len(entries):
            query = urlencode({**request.query, "page": str(page + 1)})
            address = f"{self.api.url}{request.path}"
            link = f'<{address}?{query}>; rel="next", <{address}?page=99>; rel="last"'
        return Reply.json(entries[(page - 1) * size : page * size], link=link)

    def _note(self, ask: Ask) -> Note | None:
        return next((note for note in self.notes if note.id == int(ask.path["comment_id"])), None)


def _owner(thread: Thread) -> str:
    return (thread.source or "").partition("/")[0]


_METHODS = {
    "GET /user": "_user",
    f"GET {REPO}/issues/{{issue_number}}/comments": "_list_comments",
    f"POST {REPO}/issues/{{issue_number}}/comments": "_add_comment",
    f"PATCH {REPO}/issues/comments/{{comment_id}}": "_edit_comment",
    f"DELETE {REPO}/issues/comments/{{comment_id}}": "_delete_comment",
    f"POST {REPO}/issues/comments/{{comment_id}}/reactions": "_react",
    f"GET {REPO}/pulls": "_list_pulls",
    f"GET {REPO}/pulls/{{pull_number}}": "_get_pull",
    f"GET {REPO}/commits/{{commit_sha}}/pulls": "_pulls_of",
    f"GET {REPO}/collaborators/{{username}}/permission": "_permission",
    f"POST {REPO}/statuses/{{sha}}": "_status",
    f"POST {REPO}/check-runs": "_check_run",
    f"GET {REPO}/issues/{{issue_number}}/labels": "_labels",
    f"POST {REPO}/issues/{{issue_number}}/labels": "_labels",
    f"DELETE {REPO}/issues/{{issue_number}}/labels/{{name}}": "_remove_label",
    f"GET {REPO}/issues/{{issue_number}}/events": "_events",
    f"GET {REPO}/issues": "_list_issues",
    f"POST {REPO}/issues": "_open_issue",
    f"PATCH {REPO}/issues/{{issue_number}}": "_edit_issue",
}

LIST_COMMENTS = f"GET {REPO}/issues/{{issue_number}}/comments"
ADD_COMMENT = f"POST {REPO}/issues/{{issue_number}}/comments"
EDIT_COMMENT = f"PATCH {REPO}/issues/comments/{{comment_id}}"
DELETE_COMMENT = f"DELETE {REPO}/issues/comments/{{comment_id}}"
CHECK_RUN = f"POST {REPO}/check-runs"
STATUS = f"POST {REPO}/statuses/{{sha}}"
OPEN_ISSUE = f"POST {REPO}/issues"
ADD_LABELS = f"POST {REPO}/issues/{{issue_number}}/labels"


@contextmanager
def github() -> Iterator[GitHub]:
    """A GitHub with an empty repository; fails at the end if anything broke the description."""
    with serve() as api:
        hub = GitHub(api=api)
        api.route = hub.route
        yield hub
        assert hub.problems == []
