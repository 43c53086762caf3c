"""A GitLab on loopback, with state: one project, its merge request, notes, labels, statuses, issues and people.

Like the real one it obeys lines of notes that begin with a slash (``obeyed``), shows notes of its own between those of
people, and numbers issues and merge requests apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

from perfreg.publish.forges.gitlab import KIND
from perfreg.publish.forges.kind import Home, Site
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.patience import Patience
from tests.support.described import Description
from tests.support.fake_host import HEAD, NUMBER, TOKEN, Ask, FakeHost, Operations
from tests.support.rest_server import Reply, Request, serve

PROJECT = "7"
PIPELINE = 4711
WEB = "https://gitlab.example/octo/shop"

_BODY_LIMIT = 1_000_000
_FACTS = Path(__file__).parents[2] / "data" / "gitlab" / "rest.facts.json"
_ERROR = {"type": "object", "anyOf": [{"required": ["message"]}, {"required": ["error"]}]}
_COMMAND = re.compile(r"^/\w+", re.MULTILINE)
_P = "/projects/{id}"
_MR = f"{_P}/merge_requests/{{iid}}"

LABEL = f"PUT {_MR}"
OPEN_ISSUE = f"POST {_P}/issues"


@dataclass(kw_only=True)
class Issue:
    """An issue as the server knows it."""

    iid: int
    author: str
    title: str
    body: str
    labels: list[str]
    state: str = "opened"
    notes: list[str] = field(default_factory=list)


@dataclass
class GitLab(FakeHost):
    """The state of the fake, and the server behind it."""

    description: ClassVar[Description] = Description(_FACTS, _ERROR)
    operations: ClassVar[Operations] = Operations(
        list_comments=f"GET {_MR}/notes",
        add_comment=f"POST {_MR}/notes",
        edit_comment=f"PUT {_MR}/notes/{{note_id}}",
        delete_comment=f"DELETE {_MR}/notes/{{note_id}}",
        pull_request=f"GET {_MR}",
        status=f"POST {_P}/statuses/{{sha}}",
    )
    prefix: ClassVar[str] = "/api/v4"

    state: str = "opened"
    merged_as: str | None = None
    members: dict[str, int] = field(default_factory=dict)
    labelled: list[tuple[str, str, str]] = field(default_factory=list)
    """Who did what with which label."""
    awards: list[tuple[int, str]] = field(default_factory=list)
    pipelines: list[int | None] = field(default_factory=list)
    """Which pipelines the statuses belong to."""
    issues: dict[int, Issue] = field(default_factory=dict)
    obeyed: list[str] = field(default_factory=list)

    def open(self, patience: Patience, token: str) -> Any:
        occasion = Occasion(event="merge_request_event", repository=PROJECT, number=NUMBER, commit=HEAD)
        site = Site(forge="gitlab", home=Home(api=self.url, repository=PROJECT), occasion=occasion)
        return KIND.open(site, token, {}, patience)

    def environment(self) -> dict[str, str]:
        return {
            "GITLAB_CI": "true",
            "CI_SERVER_URL": self.api.url,
            "CI_API_V4_URL": self.url,
            "CI_PROJECT_ID": PROJECT,
            "CI_PROJECT_PATH": "octo/shop",
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_PIPELINE_ID": str(PIPELINE),
            "CI_PIPELINE_URL": f"{WEB}/-/pipelines/{PIPELINE}",
            "CI_COMMIT_SHA": HEAD,
            "CI_DEFAULT_BRANCH": "main",
            "CI_MERGE_REQUEST_IID": str(NUMBER),
            "CI_MERGE_REQUEST_PROJECT_ID": PROJECT,
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": PROJECT,
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "feature",
            "GITLAB_TOKEN": TOKEN,
        }

    def is_known(self, request: Request) -> bool:
        return request.headers.get("private-token") == TOKEN

    def answer(self, name: str, ask: Ask) -> Reply:
        if ask.path.get("id", PROJECT) != PROJECT or (
            ask.path.get("iid", str(NUMBER)) != str(NUMBER) and "issues" not in name
        ):
            return self.refused(404, "404 Not found")
        return getattr(self, _METHODS[name])(ask)  # type: ignore[no-any-return]

    def _user(self, ask: Ask) -> Reply:
        del ask
        return Reply.json(_person(self.me))

    def _list_notes(self, ask: Ask) -> Reply:
        own = {**_note(self.me, 1, "changed the description"), "system": True}
        listed = [own, *(_note(note.author, note.id, note.body) for note in self.notes)]
        return self.raced(self._page(ask.request, listed))

    def _add_note(self, ask: Ask) -> Reply:
        if len(ask.body["body"]) > _BODY_LIMIT:
            return self.refused(400, "400 Bad request - Note is too long (maximum is 1000000 characters)")
        self._obey(ask.body["body"])
        note = self.write(self.me, ask.body["body"])
        return Reply.json(_note(note.author, note.id, note.body), 201)

    def _edit_note(self, ask: Ask) -> Reply:
        note = self.note(ask.path["note_id"])
        if note is None:
            return self.refused(404, "404 Note Not Found")
        if note.author != self.me:
            return self.refused(403, "403 Forbidden")
        self._obey(ask.body["body"])
        note.body = ask.body["body"]
        return Reply.json(_note(note.author, note.id, note.body))

    def _delete_note(self, ask: Ask) -> Reply:
        note = self.note(ask.path["note_id"])
        if note is None:
            return self.refused(404, "404 Note Not Found")
        self.notes.remove(note)
        return Reply(status=204)

    def _award(self, ask: Ask) -> Reply:
        award = (int(ask.path["note_id"]), ask.body["name"])
        if award in self.awards:
            return self.refused(404, '404 Award Emoji ["Name has already been taken"] Not Found')
        self.awards.append(award)
        return Reply.json({"id": 1, "name": ask.body["name"], "user": _person(self.me)}, 201)

    def _get_request(self, ask: Ask) -> Reply:
        del ask
        return Reply.json(self._merge_request())

    def _list_requests(self, ask: Ask) -> Reply:
        is_it = (
            ask.request.query.get("source_branch", "feature") == "feature" and ask.request.query["state"] == self.state
        )
        return self._page(ask.request, [self._merge_request()] if is_it else [])

    def _edit_request(self, ask: Ask) -> Reply:
        for label in filter(None, ask.body.get("add_labels", "").split(",")):
            self.labels.append(label)
            self.labelled.append((self.me, "add", label))
        for label in filter(None, ask.body.get("remove_labels", "").split(",")):
            self.labels = [each for each in self.labels if each != label]
        return Reply.json(self._merge_request())

    def _requests_of(self, ask: Ask) -> Reply:
        return self._page(
            ask.request, [self._merge_request()] if ask.path["sha"] in (self.head, self.merged_as) else []
        )

    def _label_events(self, ask: Ask) -> Reply:
        events = [
            {
                "id": index,
                "user": _person(who),
                "created_at": "2026-11-20T10:00:00Z",
                "resource_type": "MergeRequest",
                "label": {"id": 1, "name": label} if label else None,
                "action": action,
            }
            for index, (who, action, label) in enumerate(self.labelled, 1)
        ]
        return self._page(ask.request, events)

    def _members(self, ask: Ask) -> Reply:
        found = [name for name in self.members if ask.request.query.get("query", "") in name]
        return self._page(ask.request, [{**_person(name), "access_level": self.members[name]} for name in found])

    def _status(self, ask: Ask) -> Reply:
        self.standings.append((ask.path["sha"], ask.body["state"], ask.body["description"]))
        self.pipelines.append(ask.body.get("pipeline_id"))
        return Reply.json({"id": 1, "sha": ask.path["sha"], "status": ask.body["state"], "name": ask.body["name"]}, 201)

    def _list_issues(self, ask: Ask) -> Reply:
        asked = ask.request.query
        found = [
            each for each in self.issues.values() if each.state == asked["state"] and asked["labels"] in each.labels
        ]
        return self._page(ask.request, [_issue(each) for each in found])

    def _open_issue(self, ask: Ask) -> Reply:
        self._obey(ask.body["description"])
        iid = len(self.issues) + 1
        labels = ask.body["labels"].split(",")
        self.issues[iid] = Issue(
            iid=iid, author=self.me, title=ask.body["title"], body=ask.body["description"], labels=labels
        )  # fmt: skip
        return Reply.json(_issue(self.issues[iid]), 201)

    def _edit_issue(self, ask: Ask) -> Reply:
        issue = self.issues.get(int(ask.path["iid"]))
        if issue is None:
            return self.refused(404, "404 Not found")
        issue.body = ask.body.get("description", issue.body)
        issue.state = {"close": "closed", "reopen": "opened"}.get(ask.body.get("state_event"), issue.state)
        return Reply.json(_issue(issue))

    def _comment_on_issue(self, ask: Ask) -> Reply:
        self._obey(ask.body["body"])
        self.issues[int(ask.path["iid"])].notes.append(ask.body["body"])
        return Reply.json({**_note(self.me, 1, ask.body["body"]), "noteable_type": "Issue"}, 201)

    def _obey(self, body: str) -> None:
        self.obeyed += _COMMAND.findall(body)

    def _merge_request(self) -> dict[str, Any]:
        return {
            "id": 1,
            "iid": NUMBER,
            "state": self.state,
            "labels": self.labels,
            "sha": self.head,
            "merge_commit_sha": self.merged_as,
            "squash_commit_sha": None,
            "source_branch": "feature",
            "target_branch": "main",
            "source_project_id": int(PROJECT),
            "target_project_id": int(PROJECT),
            "web_url": f"{WEB}/-/merge_requests/{NUMBER}",
        }

    def _page(self, request: Request, entries: list[Any]) -> Reply:
        page, following = self.paged(request, entries)
        link = ""
        if following:
            address = f"{self.api.url}{request.path}?{urlencode({**request.query, 'page': str(following)})}"
            link = f'<{address}>; rel="next"'
        return Reply.json(page, link=link)


def _person(username: str) -> dict[str, Any]:
    number = 1 + sum(username.encode())
    return {"id": number, "username": username, "name": username, "state": "active"}


def _note(author: str, number: int, body: str) -> dict[str, Any]:
    return {
        "id": number,
        "body": body,
        "author": _person(author),
        "created_at": "2026-11-20T10:00:00Z",
        "updated_at": "2026-11-20T10:00:00Z",
        "system": False,
        "noteable_type": "MergeRequest",
        "noteable_iid": NUMBER,
    }


def _issue(issue: Issue) -> dict[str, Any]:
    return {
        "id": 100 + issue.iid,
        "iid": issue.iid,
        "title": issue.title,
        "description": issue.body,
        "state": issue.state,
        "labels": issue.labels,
        "author": _person(issue.author),
        "web_url": f"{WEB}/-/issues/{issue.iid}",
    }


_METHODS = {
    "GET /user": "_user",
    f"GET {_P}/merge_requests": "_list_requests",
    f"GET {_MR}": "_get_request",
    f"PUT {_MR}": "_edit_request",
    f"GET {_MR}/notes": "_list_notes",
    f"POST {_MR}/notes": "_add_note",
    f"PUT {_MR}/notes/{{note_id}}": "_edit_note",
    f"DELETE {_MR}/notes/{{note_id}}": "_delete_note",
    f"POST {_MR}/notes/{{note_id}}/award_emoji": "_award",
    f"GET {_MR}/resource_label_events": "_label_events",
    f"GET {_P}/repository/commits/{{sha}}/merge_requests": "_requests_of",
    f"GET {_P}/members/all": "_members",
    f"POST {_P}/statuses/{{sha}}": "_status",
    f"GET {_P}/issues": "_list_issues",
    f"POST {_P}/issues": "_open_issue",
    f"PUT {_P}/issues/{{iid}}": "_edit_issue",
    f"POST {_P}/issues/{{iid}}/notes": "_comment_on_issue",
}


@contextmanager
def gitlab() -> Iterator[GitLab]:
    """A GitLab with a merge request; fails at the end if anything broke the description, or was obeyed."""
    with serve() as api:
        hub = GitLab(api=api)
        api.route = hub.route
        yield hub
        assert hub.problems == []
        assert hub.obeyed == []
