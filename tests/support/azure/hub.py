"""An Azure DevOps on loopback, with state: one repository, its pull request, threads, labels and statuses.

Requests and answers are held against its published description; what it leaves out is that lists come in an envelope,
and how one asks who one is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from perfreg.publish.forges.azure import KIND
from perfreg.publish.forges.kind import Home, Site
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.patience import Patience
from tests.support.azure.excerpt import EXCERPT, PREFIX, REQUEST
from tests.support.described import Description
from tests.support.fake_host import HEAD, NUMBER, TOKEN, Ask, FakeHost, Operations, Written
from tests.support.rest_server import Reply, Request, serve

ORGANIZATION, PROJECT, REPOSITORY = "octo", "Shop and more", "3c4e22fd-f2ad-4ba2-8d4b-1a3c9e6f7b80"
WEB = "https://dev.azure.example/octo/Shop/_git/shop"

_BODY_LIMIT = 150_000
_ERROR = {"type": "object", "required": ["message"]}
LABEL = f"POST {REQUEST}/labels"


@dataclass
class Azure(FakeHost):
    """The state of the fake, and the server behind it."""

    description: ClassVar[Description] = Description(EXCERPT, _ERROR)
    operations: ClassVar[Operations] = Operations(
        list_comments=f"GET {REQUEST}/threads",
        add_comment=f"POST {REQUEST}/threads",
        edit_comment=f"PATCH {REQUEST}/threads/{{threadId}}/comments/{{commentId}}",
        delete_comment=f"DELETE {REQUEST}/threads/{{threadId}}/comments/{{commentId}}",
        pull_request=f"GET {PREFIX}/pullrequests/{{pullRequestId}}",
        status=f"POST {REQUEST}/statuses",
    )

    states: dict[int, str] = field(default_factory=dict)
    """Whether a thread is active."""
    gone: set[int] = field(default_factory=set)
    likes: list[int] = field(default_factory=list)
    is_signed_out: bool = False

    @property
    def url(self) -> str:
        return f"{self.api.url}/{ORGANIZATION}"

    def open(self, patience: Patience, token: str) -> Any:
        occasion = Occasion(event="PullRequest", repository="", number=NUMBER, commit=HEAD)
        home = Home(api=self.url, repository=f"{PROJECT}/{REPOSITORY}")
        return KIND.open(Site(forge="azure", home=home, occasion=occasion), token, {}, patience)

    def environment(self) -> dict[str, str]:
        return {
            "TF_BUILD": "True",
            "SYSTEM_COLLECTIONURI": f"{self.url}/",
            "SYSTEM_TEAMPROJECT": PROJECT,
            "BUILD_REPOSITORY_PROVIDER": "TfsGit",
            "BUILD_REPOSITORY_ID": REPOSITORY,
            "BUILD_REASON": "PullRequest",
            "BUILD_BUILDID": "815",
            "BUILD_SOURCEVERSION": "ab" * 20,
            "BUILD_SOURCEBRANCH": f"refs/pull/{NUMBER}/merge",
            "SYSTEM_PULLREQUEST_PULLREQUESTID": str(NUMBER),
            "SYSTEM_PULLREQUEST_SOURCECOMMITID": HEAD,
            "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/feature",
            "SYSTEM_ACCESSTOKEN": TOKEN,
        }

    def is_known(self, request: Request) -> bool:
        # A token with a single part is somebody's own, and so a password.
        return request.headers.get("authorization") == "Basic OmdscGF0LUZvclRlc3RzT25seQ=="

    def refused(self, status: int, message: str) -> Reply:
        return Reply.json({"$id": "1", "message": f"TF401027: {message}", "errorCode": 0, "eventId": 3000}, status)

    def unwrapped(self, document: Any) -> Any:
        return document["value"] if isinstance(document, dict) and document.keys() == {"value", "count"} else document

    def route(self, request: Request) -> Reply:
        if self.is_signed_out:
            return Reply(status=203, headers={"Content-Type": "text/html; charset=utf-8"}, body=b"<html>Sign in</html>")
        if request.path == f"/{ORGANIZATION}/_apis/connectionData" and request.method == "GET":
            self.asked.append("GET connectionData")
            return Reply.json({"authenticatedUser": {"id": f"id-{self.me}", "providerDisplayName": self.me}})
        return super().route(request)

    def answer(self, name: str, ask: Ask) -> Reply:
        is_ours = (ask.path["organization"], ask.path["project"], ask.path["repositoryId"]) == (
            ORGANIZATION,
            PROJECT,
            REPOSITORY,
        )
        if not is_ours or ask.path.get("pullRequestId", str(NUMBER)) != str(NUMBER):
            return self.refused(404, "The pull request was not found.")
        if ask.request.method != "GET":
            assert ask.request.query.get("api-version") == "7.1", "no version"
        return getattr(self, _METHODS[name])(ask)  # type: ignore[no-any-return]

    def _list_threads(self, ask: Ask) -> Reply:
        del ask
        listed = [self._thread(note) for note in self.notes]
        system = {"id": 1, "status": None, "comments": [{"id": 1, "commentType": "system", "content": "voted"}]}
        return self.raced(_list([{**system, "status": "unknown"}, *listed]))

    def _add_thread(self, ask: Ask) -> Reply:
        (comment,) = ask.body["comments"]
        if len(comment["content"]) > _BODY_LIMIT:
            return self.refused(400, "The comment content is too long.")
        note = self.write(self.me, comment["content"])
        self.states[note.id] = ask.body["status"]
        return Reply.json(self._thread(note))

    def _edit_thread(self, ask: Ask) -> Reply:
        note = self.note(ask.path["threadId"])
        if note is None:
            return self.refused(404, "The thread was not found.")
        self.states[note.id] = ask.body["status"]
        return Reply.json(self._thread(note))

    def _edit_comment(self, ask: Ask) -> Reply:
        note = self.note(ask.path["threadId"])
        if note is None:
            return self.refused(404, "The thread was not found.")
        if note.author != self.me:
            return self.refused(403, "Only the author may do that.")
        note.body = ask.body["content"]
        return Reply.json(self._thread(note)["comments"][0])

    def _delete_comment(self, ask: Ask) -> Reply:
        note = self.note(ask.path["threadId"])
        if note is None:
            return self.refused(404, "The thread was not found.")
        # What is deleted stays in the list, without its text.
        note.body, note.author = "", "nobody"
        self.gone.add(note.id)
        return Reply(status=200)

    def _like(self, ask: Ask) -> Reply:
        self.likes.append(int(ask.path["threadId"]))
        return Reply(status=200)

    def _add_label(self, ask: Ask) -> Reply:
        self.labels.append(ask.body["name"])
        return Reply.json({"id": _ID, "name": ask.body["name"], "active": True})

    def _remove_label(self, ask: Ask) -> Reply:
        if ask.path["labelIdOrName"] not in self.labels:
            return self.refused(404, "The label was not found.")
        self.labels.remove(ask.path["labelIdOrName"])
        return Reply(status=200)

    def _status(self, ask: Ask) -> Reply:
        assert ask.body["context"]["name"]
        self.standings.append((ask.path.get("commitId", self.head), ask.body["state"], ask.body["description"]))
        return Reply.json({**ask.body, "id": 1})

    def _get_request(self, ask: Ask) -> Reply:
        del ask
        return Reply.json(self._pull_request())

    def _list_requests(self, ask: Ask) -> Reply:
        is_it = ask.request.query.get("searchCriteria.sourceRefName") == "refs/heads/feature"
        return _list([self._pull_request()] if is_it else [])

    def _query(self, ask: Ask) -> Reply:
        (query,) = ask.body["queries"]
        found = {item: [self._pull_request()] for item in query["items"] if item == self.head}
        return Reply.json({"queries": ask.body["queries"], "results": [found]})

    def _thread(self, note: Written) -> dict[str, Any]:
        is_gone = note.id in self.gone
        comment = {
            "id": 1,
            "parentCommentId": 0,
            "author": {"id": f"id-{note.author}", "uniqueName": note.author},
            "content": note.body,
            "commentType": "text",
            "isDeleted": is_gone,
        }
        state = self.states.get(note.id, "active")
        published = "2026-11-20T10:00:00Z"
        return {
            "id": note.id, "status": state, "publishedDate": published, "isDeleted": is_gone, "comments": [comment]
        }  # fmt: skip

    def _pull_request(self) -> dict[str, Any]:
        return {
            "pullRequestId": NUMBER,
            "status": "active" if self.is_open else "completed",
            "sourceRefName": "refs/heads/feature",
            "targetRefName": "refs/heads/main",
            "lastMergeSourceCommit": {"commitId": self.head},
            "labels": [{"id": _ID, "name": name, "active": True} for name in self.labels],
            "repository": {"id": REPOSITORY, "name": "shop", "webUrl": WEB},
        }


_ID = "0f3c4e22-f2ad-4ba2-8d4b-1a3c9e6f7b80"


def _list(entries: list[Any]) -> Reply:
    return Reply.json({"value": entries, "count": len(entries)})


_METHODS = {
    f"GET {REQUEST}/threads": "_list_threads",
    f"POST {REQUEST}/threads": "_add_thread",
    f"PATCH {REQUEST}/threads/{{threadId}}": "_edit_thread",
    f"PATCH {REQUEST}/threads/{{threadId}}/comments/{{commentId}}": "_edit_comment",
    f"DELETE {REQUEST}/threads/{{threadId}}/comments/{{commentId}}": "_delete_comment",
    f"POST {REQUEST}/threads/{{threadId}}/comments/{{commentId}}/likes": "_like",
    f"POST {REQUEST}/labels": "_add_label",
    f"DELETE {REQUEST}/labels/{{labelIdOrName}}": "_remove_label",
    f"POST {REQUEST}/statuses": "_status",
    f"POST {PREFIX}/commits/{{commitId}}/statuses": "_status",
    f"GET {PREFIX}/pullrequests": "_list_requests",
    f"GET {PREFIX}/pullrequests/{{pullRequestId}}": "_get_request",
    f"POST {PREFIX}/pullrequestquery": "_query",
}


@contextmanager
def azure() -> Iterator[Azure]:
    """An Azure DevOps with a pull request; fails at the end if anything broke the description."""
    with serve() as api:
        hub = Azure(api=api)
        api.route = hub.route
        yield hub
        assert hub.problems == []
