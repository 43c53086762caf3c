"""A Bitbucket Cloud on loopback, with state: one repository, its pull request, comments and build statuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from perfreg.publish.forges.bitbucket import KIND
from perfreg.publish.forges.kind import Home, Site
from perfreg.publish.forges.occasion import Occasion
from perfreg.publish.forges.patience import Patience
from tests.support.described import Description
from tests.support.fake_host import HEAD, NUMBER, TOKEN, Ask, FakeHost, Operations, Written
from tests.support.rest_server import Reply, Request, serve

REPOSITORY = "octo/shop"
WEB = "https://bitbucket.example/octo/shop"

_BODY_LIMIT = 32_768
_FACTS = Path(__file__).parents[2] / "data" / "bitbucket" / "rest.facts.json"
_ERROR = {"type": "object", "required": ["type", "error"]}
_R = "/repositories/{workspace}/{name}"
_PR = f"{_R}/pullrequests/{{id}}"


@dataclass
class Bitbucket(FakeHost):
    """The state of the fake, and the server behind it."""

    description: ClassVar[Description] = Description(_FACTS, _ERROR)
    operations: ClassVar[Operations] = Operations(
        list_comments=f"GET {_PR}/comments",
        add_comment=f"POST {_PR}/comments",
        edit_comment=f"PUT {_PR}/comments/{{comment_id}}",
        delete_comment=f"DELETE {_PR}/comments/{{comment_id}}",
        pull_request=f"GET {_PR}",
        status=f"POST {_R}/commit/{{commit}}/statuses/build",
    )
    prefix: ClassVar[str] = "/2.0"

    is_repository_token: bool = False
    """Those may not ask who they are, and write as a bot."""

    def open(self, patience: Patience, token: str) -> Any:
        occasion = Occasion(event="change", repository=REPOSITORY, number=NUMBER, commit=HEAD)
        site = Site(forge="bitbucket", home=Home(api=self.url, repository=REPOSITORY), occasion=occasion)
        return KIND.open(site, token, {}, patience)

    def environment(self) -> dict[str, str]:
        return {
            "JENKINS_URL": "https://jenkins.example/",
            "JOB_NAME": "shop/PR-42",
            "BUILD_URL": "https://jenkins.example/job/shop/1/",
            "CHANGE_ID": str(NUMBER),
            "CHANGE_URL": f"https://bitbucket.org/{REPOSITORY}/pull-requests/{NUMBER}",
            "GIT_COMMIT": HEAD,
            "PERFREG_FORGE_URL": self.url,
            "BITBUCKET_TOKEN": TOKEN,
        }

    def is_known(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {TOKEN}"

    def refused(self, status: int, message: str) -> Reply:
        return Reply.json({"type": "error", "error": {"message": message}}, status)

    def answer(self, name: str, ask: Ask) -> Reply:
        if "name" in ask.path and f"{ask.path['workspace']}/{ask.path['name']}" != REPOSITORY:
            return self.refused(404, "Repository not found")
        if ask.path.get("id", str(NUMBER)) != str(NUMBER):
            return self.refused(404, "There is no pull request with this id")
        return getattr(self, _METHODS[name])(ask)  # type: ignore[no-any-return]

    def _user(self, ask: Ask) -> Reply:
        del ask
        if self.is_repository_token:
            return self.refused(403, "Your credentials lack one or more required privilege scopes.")
        return Reply.json(self._account(self.me))

    def _list_comments(self, ask: Ask) -> Reply:
        listed = [self._comment(note) for note in self.notes]
        page, following = self.paged(ask.request, listed, size="pagelen")
        more = {"next": f"https://evil.example/?page={following}"} if following else {}
        return self.raced(Reply.json({"values": page, "size": len(listed), **more}))

    def _add_comment(self, ask: Ask) -> Reply:
        if len(ask.body["content"]["raw"]) > _BODY_LIMIT:
            return self.refused(400, "content: Ensure this value has at most 32768 characters.")
        return Reply.json(self._comment(self.write(self.me, ask.body["content"]["raw"])), 201)

    def _edit_comment(self, ask: Ask) -> Reply:
        note = self.note(ask.path["comment_id"])
        if note is None:
            return self.refused(404, "No such comment")
        if note.author != self.me:
            return self.refused(403, "Only the author may do that.")
        note.body = ask.body["content"]["raw"]
        return Reply.json(self._comment(note))

    def _delete_comment(self, ask: Ask) -> Reply:
        note = self.note(ask.path["comment_id"])
        if note is None:
            return self.refused(404, "No such comment")
        self.notes.remove(note)
        return Reply(status=204)

    def _get_request(self, ask: Ask) -> Reply:
        del ask
        return Reply.json(self._pull_request())

    def _list_requests(self, ask: Ask) -> Reply:
        is_it = ask.request.query.get("q") == 'state="OPEN" AND source.branch.name="feature"'
        return Reply.json({"values": [self._pull_request()] if is_it else []})

    def _commit(self, ask: Ask) -> Reply:
        if not self.head.startswith(ask.path["commit"]):
            return self.refused(404, "Commit not found")
        return Reply.json({"type": "commit", "hash": self.head})

    def _status(self, ask: Ask) -> Reply:
        self.standings.append((ask.path["commit"], ask.body["state"], ask.body["description"]))
        return Reply.json(ask.body, 201)

    def _pull_request(self) -> dict[str, Any]:
        return {
            "id": NUMBER,
            "state": "OPEN" if self.is_open else "MERGED",
            # Only the beginning of it, as the real one has it.
            "source": {"commit": {"hash": self.head[:12]}, "repository": {"full_name": REPOSITORY}},
            "destination": {"branch": {"name": "main"}},
        }

    def _comment(self, note: Written) -> dict[str, Any]:
        return {
            "id": note.id,
            "content": {"raw": note.body, "markup": "markdown", "html": ""},
            "user": self._account(note.author),
            "deleted": False,
            "created_on": "2026-11-20T10:00:00Z",
            "links": {"html": {"href": f"{WEB}/pull-requests/{NUMBER}/_/diff#comment-{note.id}"}},
        }

    def _account(self, name: str) -> dict[str, Any]:
        is_bot = self.is_repository_token and name == self.me
        return {"type": "app_user" if is_bot else "user", "uuid": f"{{{name}}}", "nickname": name}


_METHODS = {
    "GET /user": "_user",
    f"GET {_R}/pullrequests": "_list_requests",
    f"GET {_PR}": "_get_request",
    f"GET {_PR}/comments": "_list_comments",
    f"POST {_PR}/comments": "_add_comment",
    f"PUT {_PR}/comments/{{comment_id}}": "_edit_comment",
    f"DELETE {_PR}/comments/{{comment_id}}": "_delete_comment",
    f"GET {_R}/commit/{{commit}}": "_commit",
    f"POST {_R}/commit/{{commit}}/statuses/build": "_status",
}


@contextmanager
def bitbucket() -> Iterator[Bitbucket]:
    """A Bitbucket with a pull request; fails at the end if anything broke the description."""
    with serve() as api:
        hub = Bitbucket(api=api)
        api.route = hub.route
        yield hub
        assert hub.problems == []
